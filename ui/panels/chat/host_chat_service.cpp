#include "ui/panels/chat/host_chat_service.h"

#include <utility>

#include "engine/api/conversation.h"
#include "ui/client/text.h"
#include "ui/panels/chat/wire.h"

namespace diptych::chat {

using ui::escaped;
using ui::HostLink;
using ui::qt;
using ui::Reply;
using ui::utf8;

namespace {

QString at(const QString& conversation, const char* below = "") {
  return QStringLiteral("/api/conversations/") + escaped(conversation) + QLatin1String(below);
}

api::ErrorInfo unreadable(const api::FieldError& error) {
  return api::make_error("unavailable", "the engine's answer cannot be read", error.field(), error.why(),
                         "the window and the engine may be of different versions; restart both");
}

}  // namespace

HostChatService::HostChatService(HostLink* link, QObject* parent)
    : ChatService(parent), link_(link), stream_(link->http()) {
  connect(link, &HostLink::state_changed, this, &HostChatService::host_state_now);
  connect(link, &HostLink::received, this, &HostChatService::host_event);
  connect(link, &HostLink::events_missed, this, &HostChatService::list_models);
  connect(&stream_, &ui::EventStream::received, this, &HostChatService::conversation_event);
  connect(&stream_, &ui::EventStream::refused, this, [this](int, const api::ErrorInfo& error) { fail(error); });
}

HostState HostChatService::host_state() const {
  switch (link_->state()) {
    case HostLink::State::ready:
      return HostState::ready;
    case HostLink::State::starting:
      return HostState::starting;
    case HostLink::State::lost:
    case HostLink::State::failed:
      break;
  }
  return HostState::lost;
}

void HostChatService::host_state_now(HostLink::State state, const QString& reason) {
  if (state != HostLink::State::ready) {
    stream_.close();
    followed_.clear();
    // What was in use comes back with the next host; what was only being loaded may be what killed it.
    for (api::ModelInfo& model : models_) {
      if (model.state == api::ModelState::loaded && qt(model.id) == chosen_) to_load_ = chosen_;
      model.state = api::ModelState::available;
    }
    tell_models();
  }
  emit host_state_changed(host_state(), reason);
  if (state == HostLink::State::ready && !to_load_.isEmpty()) load_model(std::exchange(to_load_, {}));
}

void HostChatService::fail(const api::ErrorInfo& error) {
  QString what = qt(error.what);
  if (!what.isEmpty()) what[0] = what[0].toUpper();
  if (!error.thing.empty()) what += QStringLiteral(" (%1)").arg(qt(error.thing));
  QString to_do = qt(error.to_do);
  if (!to_do.isEmpty()) to_do[0] = to_do[0].toUpper();
  emit failed(what, qt(error.why), to_do);
}

// While no host is there the window says so already.
void HostChatService::fail(const Reply& reply) {
  if (!reply.unreachable()) fail(*reply.error);
}

void HostChatService::list_conversations(const QString& search) {
  link_->http()->get(QStringLiteral("/api/conversations?q=") + escaped(search), this,
                     [this, search](const Reply& reply) {
                       if (!reply.ok()) return fail(reply);
                       QList<ConversationInfo> found;
                       try {
                         std::vector<api::ConversationSummary> list;
                         api::FieldReader reader(reply.json, "");
                         reader("conversations", list);
                         for (const api::ConversationSummary& one : list) found << from_wire(one);
                       } catch (const api::FieldError& error) {
                         return fail(unreadable(error));
                       }
                       emit conversations_listed(search, found);
                     });
}

void HostChatService::open_conversation(const QString& id) {
  wanted_ = id;
  link_->http()->get(at(id), this, [this, id](const Reply& reply) {
    if (!reply.ok()) return fail(reply);
    if (id != wanted_) return;  // another was asked for meanwhile
    try {
      const auto conversation = api::from_json<api::Conversation>(reply.json);
      settings_.insert(id, conversation.settings);
      emit conversation_opened(from_wire(conversation));
      follow(id, conversation.last_event);
    } catch (const api::FieldError& error) {
      fail(unreadable(error));
    }
  });
}

void HostChatService::create_conversation() {
  wanted_.clear();
  link_->http()->post(QStringLiteral("/api/conversations"), api::Json::object(), this, [this](const Reply& reply) {
    try {
      if (reply.ok()) {
        const auto conversation = api::from_json<api::Conversation>(reply.json);
        const ConversationInfo info = from_wire(conversation.info);
        wanted_ = info.id;
        settings_.insert(info.id, conversation.settings);
        follow(info.id, conversation.last_event);
        emit conversation_created(info);
        return;
      }
      fail(reply);
    } catch (const api::FieldError& error) {
      fail(unreadable(error));
    }
    emit not_sent({}, {});
  });
}

// One stream: of the conversation that is shown. What others write meanwhile is there when they are opened.
void HostChatService::follow(const QString& conversation, const std::string& last_event) {
  if (followed_ == conversation && stream_.wanted() && stream_.last_id() == qt(last_event)) return;
  followed_ = conversation;
  stream_.open(at(conversation, "/events"), qt(last_event));
}

void HostChatService::in_order(const QString& conversation, Step step) {
  QList<Step>& steps = steps_[conversation];
  steps.append(std::move(step));
  if (steps.size() == 1) next_step(conversation);
}

void HostChatService::next_step(const QString& conversation) {
  const Step step = steps_.value(conversation).first();
  step([this, conversation](const Reply&) {
    steps_[conversation].removeFirst();
    if (steps_.value(conversation).isEmpty()) {
      steps_.remove(conversation);
    } else {
      next_step(conversation);
    }
  });
}

void HostChatService::patch(const QString& conversation, const api::Json& body) {
  in_order(conversation, [this, conversation, body](const ui::HttpClient::Done& replied) {
    link_->http()->patch(at(conversation), body, this, [this, replied](const Reply& reply) {
      if (!reply.ok()) fail(reply);
      replied(reply);
    });
  });
}

void HostChatService::rename_conversation(const QString& id, const QString& title) {
  patch(id, {{"title", utf8(title)}});
}
void HostChatService::set_conversation_deleted(const QString& id, bool deleted) {
  patch(id, {{"deleted", deleted}});
}
void HostChatService::save_draft(const QString& id, const QString& draft) {
  patch(id, {{"draft", utf8(draft)}});
}
void HostChatService::save_leaf(const QString& id, const QString& message) {
  patch(id, {{"leaf", utf8(message)}});
}
void HostChatService::save_settings(const QString& id, const ChatSettings& settings) {
  api::ConversationSettings& known = settings_[id];
  known = to_wire(settings, known);
  patch(id, {{"settings", api::to_json(known)}});
}

// The answer itself comes with the conversation's events: the reply may be older than what they brought.
void HostChatService::start_answer(const QString& conversation, const QString& path, const api::Json& body,
                                   std::function<void()> on_failure) {
  const auto take = [this, conversation, on_failure = std::move(on_failure)](const Reply& reply) {
    if (reply.ok()) {
      if (followed_ == conversation && !stream_.connected()) stream_.reconnect();
      return;
    }
    if (on_failure) on_failure();
    fail(reply);
  };
  in_order(conversation, [this, path, body, take](const ui::HttpClient::Done& replied) {
    link_->http()->post(path, body, this, [take, replied](const Reply& reply) {
      take(reply);
      replied(reply);
    });
  });
}

void HostChatService::name_model(api::Json& body) const {
  for (const api::ModelInfo& model : models_)
    if (model.state == api::ModelState::loaded && qt(model.id) == chosen_) body["model"] = model.id;
}

void HostChatService::send(const QString& conversation, const QString& parent, const QString& text) {
  api::Json body{{"text", utf8(text)}};
  if (!parent.isEmpty()) body["parent"] = utf8(parent);
  name_model(body);
  start_answer(conversation, at(conversation, "/messages"), body,
               [this, conversation, text] { emit not_sent(conversation, text); });
}

void HostChatService::answer(const QString& conversation, const QString& user_message) {
  api::Json body{{"parent", utf8(user_message)}};
  name_model(body);
  start_answer(conversation, at(conversation, "/answer"), body, {});
}

void HostChatService::continue_answer(const QString& conversation, const QString& message) {
  start_answer(conversation, at(conversation, "/continue"), {{"message", utf8(message)}}, {});
}

void HostChatService::stop(const QString& conversation) {
  link_->http()->post(at(conversation, "/stop"), api::Json::object(), this, [this](const Reply& reply) {
    if (!reply.ok()) fail(reply);
  });
}

void HostChatService::set_message_deleted(const QString& conversation, const QString& message, bool deleted) {
  link_->http()->patch(at(conversation, "/messages/") + escaped(message), {{"deleted", deleted}}, this,
                       [this](const Reply& reply) {
                         if (!reply.ok()) fail(reply);
                       });
}

void HostChatService::count_tokens(const QString& text) {
  api::Json body{{"text", utf8(text)}};
  name_model(body);
  link_->http()->post(QStringLiteral("/api/tokenize-count"), body, this, [this, text](const Reply& reply) {
    // A count that did not come leaves the estimate in its place.
    if (reply.ok() && reply.json.is_object() && reply.json.contains("tokens") && reply.json["tokens"].is_number())
      emit tokens_counted(text, reply.json["tokens"].get<int>());
  });
}

void HostChatService::conversation_event(const QString& type, const api::Json& data) {
  const QString conversation = followed_;
  try {
    if (type == QLatin1String("answer_grew")) {
      const auto grew = api::from_json<api::AnswerGrew>(data);
      emit answer_grew(conversation, qt(grew.message), qt(grew.text), qt(grew.thinking));
    } else if (type == QLatin1String("message_changed")) {
      emit message_changed(conversation, from_wire(api::from_json<api::Message>(data)));
    } else if (type == QLatin1String("answer_ended")) {
      const Message message = from_wire(api::from_json<api::AnswerEnded>(data).message);
      emit message_changed(conversation, message);
      emit answer_ended(conversation, message.id);
    } else if (type == QLatin1String("warning")) {
      if (data.is_object() && data.contains("error")) fail(api::from_json<api::ErrorInfo>(data["error"]));
    } else if (type == QLatin1String("reset")) {
      open_conversation(conversation);
    }
  } catch (const api::FieldError& error) {
    fail(unreadable(error));
  }
}

}  // namespace diptych::chat
