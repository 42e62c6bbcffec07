#include "engine/host/chat/conversations.h"

#include <utility>

#include "engine/core/error.h"
#include "engine/core/log.h"
#include "engine/host/chat/branch.h"
#include "engine/host/chat/text_adapters.h"
#include "engine/host/http/answer.h"
#include "engine/host/http/errors.h"

namespace diptych::host {
namespace {

[[noreturn]] void not_found(const char* what, const std::string& id) {
  throw Error(ErrorCategory::not_found, what, id.substr(0, 100), "there is none of this id",
              "list what there is again");
}

std::string data(const api::Message& message) {
  return api::dump(api::to_json(message));
}

const api::Message& find(const api::Conversation& conversation, const std::string& id) {
  for (const api::Message& message : conversation.messages) {
    if (message.id == id) return message;
  }
  not_found("cannot find message", id);
}

}  // namespace

std::shared_ptr<Channel> Conversations::channel(const std::string& id) {
  const std::lock_guard lock(mutex_);
  auto& channel = channels_[id];
  if (!channel) channel = std::make_shared<Channel>();
  return channel;
}

std::vector<api::ConversationSummary> Conversations::list(const store::ListOptions& options) {
  return services_.reader.read([&](Database& database) { return store::list_conversations(database, options); });
}

api::Conversation Conversations::create(const std::string& title, const api::ConversationSettings& settings) {
  api::Conversation conversation;
  conversation.info.id = new_id('c');
  conversation.info.title = title;
  conversation.info.created_ms = conversation.info.updated_ms = now_ms();
  conversation.settings = settings;
  services_.writer.run([&](Database& database) { store::insert_conversation(database, conversation); });
  services_.changed(conversation.info);
  return get(conversation.info.id);
}

api::Conversation Conversations::stored(const std::string& id) {
  auto conversation = services_.reader.read([&](Database& database) { return store::read_conversation(database, id); });
  if (!conversation) not_found("cannot find conversation", id);
  return std::move(*conversation);
}

api::Conversation Conversations::get(const std::string& id) {
  // First what is live, then the database: an answer that is saved in between is then whole in the database, and its
  // events are sent again.
  if (!services_.reader.read([&](Database& database) { return store::find_conversation(database, id); })) {
    not_found("cannot find conversation", id);
  }
  const auto open = channel(id);
  std::map<std::string, api::Message> live;
  int64_t last = 0;
  {
    const std::lock_guard lock(open->mutex);
    live = open->live;
    last = open->topic->last();
  }
  api::Conversation conversation = stored(id);
  for (api::Message& message : conversation.messages) {
    const auto newer = live.find(message.id);
    if (newer != live.end() && message.state == api::MessageState::writing) message = newer->second;
  }
  conversation.last_event = event_id(services_.run, last);
  return conversation;
}

void Conversations::notify(const std::string& id) {
  const auto info = services_.reader.read([&](Database& database) { return store::find_conversation(database, id); });
  if (!info) return;
  api::ConversationSummary now = *info;
  const auto open = channel(id);
  {
    const std::lock_guard lock(open->mutex);
    now.writing = !open->jobs.empty();
    open->topic->publish("conversation_changed", api::dump(api::to_json(now)));
  }
  services_.changed(now);
}

api::ConversationSummary Conversations::patch(const std::string& id, const api::ConversationPatch& patch) {
  const auto before = services_.reader.read([&](Database& database) { return store::find_conversation(database, id); });
  if (!before) not_found("cannot find conversation", id);
  if (patch.leaf && !patch.leaf->empty()) find(stored(id), *patch.leaf);
  services_.writer.run([&](Database& database) { store::patch_conversation(database, id, patch, now_ms()); });
  if (patch.deleted.value_or(false)) stop(id);
  if (patch.title || patch.deleted) notify(id);  // drafts, leaves and settings are one window's own
  return *services_.reader.read([&](Database& database) { return store::find_conversation(database, id); });
}

api::Message Conversations::set_message_deleted(const std::string& id, const std::string& message_id, bool deleted) {
  const auto open = channel(id);
  {
    const std::lock_guard lock(open->mutex);
    const auto job = open->jobs.find(message_id);
    if (deleted && job != open->jobs.end()) {
      throw Error(ErrorCategory::unavailable, "cannot delete message", message_id, "it is being written",
                  "stop it first");
    }
  }
  auto message = services_.writer.run([&](Database& database) {
    auto found = store::find_message(database, id, message_id);
    if (!found) not_found("cannot find message", message_id);
    found->deleted_ms = deleted ? std::optional<int64_t>(now_ms()) : std::nullopt;
    store::update_message(database, *found);
    return *found;
  });
  {
    const std::lock_guard lock(open->mutex);
    open->topic->publish("message_changed", data(message));
  }
  return message;
}

api::AnswerStarted Conversations::send(const std::string& id, const std::string& parent, const std::string& text,
                                       const std::string& model) {
  api::Conversation conversation = stored(id);
  if (text.empty()) refuse("text", "it is empty");
  if (!parent.empty()) find(conversation, parent);
  api::Message user;
  user.id = new_id('m');
  user.parent = parent;
  user.role = api::Role::user;
  user.text = text;
  user.created_ms = now_ms();
  conversation.messages.push_back(user);
  api::Message answer;
  answer.id = new_id('m');
  answer.parent = user.id;
  return start(conversation, std::move(user), std::move(answer), model, false);
}

api::AnswerStarted Conversations::answer(const std::string& id, const std::string& parent, const std::string& model) {
  api::Conversation conversation = stored(id);
  if (find(conversation, parent).role != api::Role::user) refuse("parent", "it is no message of the user");
  api::Message answer;
  answer.id = new_id('m');
  answer.parent = parent;
  return start(conversation, std::nullopt, std::move(answer), model, false);
}

api::AnswerStarted Conversations::continue_answer(const std::string& id, const std::string& message_id) {
  api::Conversation conversation = get(id);
  api::Message message = find(conversation, message_id);
  const bool cut = message.state == api::MessageState::stopped || message.state == api::MessageState::interrupted ||
                   message.state == api::MessageState::failed || message.finish_reason == "length";
  if (message.role != api::Role::assistant || !cut) {
    refuse("message", "it is no answer that was stopped, interrupted or cut by its length");
  }
  const std::string model = message.model;
  return start(conversation, std::nullopt, std::move(message), model, true);
}

api::AnswerStarted Conversations::start(api::Conversation& conversation, std::optional<api::Message> user,
                                        api::Message answer, const std::string& wanted, bool goes_on) {
  const std::string id = conversation.info.id;
  if (interrupted_) {
    throw Error(ErrorCategory::unavailable, "cannot answer", id, "the host is stopping", "ask again in a moment");
  }
  const std::string& named = wanted.empty() ? conversation.settings.model : wanted;
  const std::string model = named.empty() ? services_.models.default_model() : services_.models.resolve(named);
  ModelLease lease = services_.models.use(model);  // loads it where needed, ahead of this answer in the queue
  const auto open = channel(id);
  const auto unsaved = [&] {
    const std::lock_guard lock(open->mutex);
    return open->live.contains(answer.id);
  };
  if (goes_on && unsaved()) {
    services_.writer.run([](Database&) {});  // its end may be on the way to the database
    if (unsaved()) {
      throw Error(ErrorCategory::unavailable, "cannot continue the answer", answer.id, "it is still being written",
                  "wait until it has ended and is saved");
    }
  }
  GenerateRequest request;
  request.messages = branch_messages(conversation, goes_on ? answer.id : answer.parent);
  // An answer without a word is not gone on with but begun.
  request.continue_last = goes_on && !(answer.text.empty() && answer.thinking.empty());
  if (goes_on && !request.continue_last) request.messages.erase(request.messages.size() - 1);
  request.sampling = conversation.settings.sampling;
  request.max_tokens = conversation.settings.max_tokens;
  request.stop = conversation.settings.stop;
  request.context_policy = conversation.settings.context_policy;
  request.adapters = text_adapters(conversation.settings.adapters);

  answer.role = api::Role::assistant;
  answer.state = api::MessageState::writing;
  answer.finish_reason.clear();
  answer.error.reset();
  answer.model = model;
  answer.settings = api::to_json(conversation.settings);
  if (!goes_on) answer.created_ms = now_ms();
  auto job =
      services_.jobs.create(api::JobKind::answer,
                            "Answer in " + (conversation.info.title.empty() ? std::string("a new conversation")
                                                                            : "“" + conversation.info.title + "”"),
                            {{"conversation", id}, {"message", answer.id}, {"model", model}});
  answer.job = job->id();
  try {
    services_.writer.run([&](Database& database) {
      store::write_job(database, job->info());
      if (user) store::insert_message(database, id, *user);
      if (goes_on) {
        store::update_message(database, answer);
      } else {
        store::insert_message(database, id, answer);
      }
      api::ConversationPatch patch;
      patch.leaf = answer.id;
      if (user) patch.draft = "";
      store::patch_conversation(database, id, patch, 0);
      store::touch(database, id, now_ms());
    });
  } catch (...) {
    services_.jobs.forget(job->id());
    throw;
  }
  {
    const std::lock_guard lock(open->mutex);
    open->live[answer.id] = answer;
    open->jobs[answer.id] = job;
    if (user) open->topic->publish("message_changed", data(*user));
    open->topic->publish("message_changed", data(answer));
  }
  {
    const std::lock_guard lock(mutex_);
    title_cancel_.cancel();  // a title can wait, a reader should not
  }
  const auto writing = std::make_shared<Answer>(*this, id, open, job, std::move(lease), answer, std::move(request));
  if (user && user->parent.empty() && conversation.info.title.empty()) {
    writing->wants_title = services_.settings().automatic_titles;
    writing->question = user->text;
  }
  services_.queue.post([writing] { writing->run(); });
  notify(id);
  return {std::move(user), std::move(answer), job->id()};
}

int Conversations::stop(const std::string& id) {
  const auto open = channel(id);
  const std::lock_guard lock(open->mutex);
  for (const auto& [message, job] : open->jobs) job->cancel.cancel();
  return static_cast<int>(open->jobs.size());
}

void Conversations::make_title(const std::string& id, const std::string& model, const std::string& question,
                               const std::string& answer) {
  const CancelToken cancel;
  {
    const std::lock_guard lock(mutex_);
    title_cancel_ = cancel;
  }
  services_.queue.post([this, id, model, question, answer, cancel] {
    try {
      const auto loaded = services_.models.loaded(model);
      if (!loaded || cancel.cancelled() || interrupted_) return;
      const std::string title = loaded->title(question, answer, cancel);
      if (title.empty()) return;
      const bool set =
          services_.writer.run([&](Database& database) { return store::set_title(database, id, title, false); });
      if (set) notify(id);
    } catch (const Error& error) {
      log_info("no title for " + id + ": " + error.what());
    }
  });
}

std::shared_ptr<Stream> Conversations::events(const std::string& id, const std::string& last_id) {
  if (!services_.reader.read([&](Database& database) { return store::find_conversation(database, id); })) {
    not_found("cannot find conversation", id);
  }
  const auto open = channel(id);
  return std::make_shared<TopicStream>(open->topic, services_.run, last_id, [open] {
    const std::lock_guard lock(open->mutex);
    Snapshot snapshot{open->topic->last(), {}};
    for (const auto& [message_id, message] : open->live) {
      snapshot.events.push_back({snapshot.number, "message_changed", data(message)});
    }
    return snapshot;
  });
}

void Conversations::interrupt() {
  interrupted_ = true;
  const std::lock_guard lock(mutex_);
  title_cancel_.cancel();
  for (const auto& [id, open] : channels_) {
    const std::lock_guard channel_lock(open->mutex);
    for (const auto& [message, job] : open->jobs) job->cancel.cancel();
  }
}

void Conversations::close_streams() {
  const std::lock_guard lock(mutex_);
  for (const auto& [id, open] : channels_) open->topic->close();
}

}  // namespace diptych::host
