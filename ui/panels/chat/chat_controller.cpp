#include "ui/panels/chat/chat_controller.h"

#include <utility>

namespace diptych::chat {
namespace {

constexpr int draft_pause_ms = 500;

}  // namespace

ChatController::ChatController(ChatService* service, QObject* parent)
    : QObject(parent), service_(service), host_(service->host_state()) {
  draft_timer_.setSingleShot(true);
  draft_timer_.setInterval(draft_pause_ms);
  connect(&draft_timer_, &QTimer::timeout, this, &ChatController::flush_draft);
  connect(&conversations_, &ConversationListModel::renamed, this, &ChatController::rename_conversation);
  connect_service();
}

void ChatController::connect_service() {
  connect(service_, &ChatService::host_state_changed, this, [this](HostState state) {
    if (state == HostState::lost) host_lost();
    const bool back = state == HostState::ready && host_ != HostState::ready;
    host_ = state;
    if (back) {
      start();
      if (!conversation_.isEmpty()) service_->open_conversation(conversation_);  // what the journal kept
    }
    emit state_changed();
  });
  connect(service_, &ChatService::conversations_listed, this,
          [this](const QString& search, const QList<ConversationInfo>& conversations) {
            if (search == search_) conversations_.set_conversations(conversations, search.isEmpty());
          });
  connect(service_, &ChatService::conversation_created, this, [this](const ConversationInfo& info) {
    conversations_.put_first(info);
    if (pending_text_.isEmpty()) return;
    conversation_ = info.id;
    title_ = info.title;
    service_->save_settings(conversation_, settings_);
    emit opened();
    send_now(std::exchange(pending_text_, {}));
  });
  connect(service_, &ChatService::conversation_opened, this, &ChatController::show);
  connect(service_, &ChatService::conversation_renamed, this, [this](const QString& id, const QString& title) {
    conversations_.set_title(id, title);
    if (id != conversation_) return;
    title_ = title;
    emit title_changed();
  });
  connect(service_, &ChatService::message_changed, this, &ChatController::message_changed);
  connect(service_, &ChatService::answer_grew, this,
          [this](const QString& conversation, const QString& id, const QString& text, const QString& thinking) {
            if (conversation != conversation_) return;
            thread_.update(id, [&](Message& message) {
              if (message.thinking.isEmpty() && !thinking.isEmpty()) thinking_clock_.start();
              message.text += text;
              message.thinking += thinking;
              if (!thinking.isEmpty()) message.thinking_ms = static_cast<double>(thinking_clock_.elapsed());
            });
            if (const Message* message = thread_.find(id); message && !text.isEmpty()) emit answer_grew(message->text);
          });
  connect(service_, &ChatService::answer_ended, this, [this](const QString& conversation, const QString& id) {
    if (conversation != conversation_ || id != streaming_) return;
    streaming_.clear();
    const Message* message = thread_.find(id);
    const MessageState state = message ? message->state : MessageState::complete;
    emit state_changed();
    emit answer_ended(state == MessageState::stopped       ? tr("Stopped")
                      : state == MessageState::failed      ? tr("Failed: %1").arg(message->error.text)
                      : state == MessageState::interrupted ? tr("Interrupted")
                                                           : tr("Answer complete"));
    service_->list_conversations(search_);
  });
  connect(service_, &ChatService::not_sent, this, [this](const QString& conversation, const QString& text) {
    const QString words = text.isEmpty() ? std::exchange(pending_text_, {}) : text;
    if (conversation != conversation_ || words.isEmpty()) return;
    draft_ = words;
    draft_unsaved_ = true;
    draft_timer_.start();
    emit draft_changed(words);
  });
  connect(service_, &ChatService::models_listed, this, [this](const QList<ModelInfo>& models) {
    models_.set_models(models);
    emit state_changed();
  });
  connect(service_, &ChatService::failed, this,
          [this](const QString& what, const QString& why, const QString& to_do) { emit failed(what, why, to_do); });
}

void ChatController::start() {
  service_->list_conversations(search_);
  service_->list_models();
}

QString ChatController::title() const {
  ConversationInfo info;
  info.title = title_;
  return ConversationListModel::title_of(info);
}

int ChatController::context_tokens() const {
  const ModelInfo* model = models_.active();
  return model && model->state == ModelInfo::State::loaded ? model->context_tokens : 0;
}

int ChatController::tokens_used() const {
  for (int row = thread_.rowCount() - 1; row >= 0; --row) {
    const MessageStats& stats = thread_.message(row)->stats;
    if (stats.prompt_tokens) return *stats.prompt_tokens + stats.completion_tokens.value_or(0);
  }
  return 0;
}

ChatController::Blocked ChatController::blocked() const {
  if (host_ == HostState::starting) return {tr("The engine is starting…"), {}};
  if (host_ == HostState::lost) return {tr("The engine does not run. Nothing you wrote is lost."), {}};
  const ModelInfo* model = models_.active();
  if (!model) return {tr("No model is loaded."), tr("Load a model")};
  if (model->state == ModelInfo::State::loading) return {tr("%1 is being loaded…").arg(model->name), {}};
  return {};
}

void ChatController::search(const QString& text) {
  search_ = text;
  service_->list_conversations(text);
}

void ChatController::new_conversation() {
  if (streaming()) stop();
  flush_draft();
  wanted_.clear();
  conversation_.clear();
  title_.clear();
  editing_.clear();
  streaming_.clear();
  draft_.clear();
  settings_.adapters.clear();  // they belong to the model that they were made for
  thread_.load({});
  emit draft_changed({});
  emit opened();
  emit state_changed();
}

void ChatController::new_conversation_with(const QString& model, const std::optional<ChatAdapter>& adapter) {
  new_conversation();
  if (adapter) settings_.adapters << *adapter;
  emit opened();
  service_->load_model(model);
}

void ChatController::open_conversation(const QString& id) {
  if (id.isEmpty() || id == conversation_) return;
  flush_draft();
  wanted_ = id;
  service_->open_conversation(id);
}

void ChatController::show(const Conversation& conversation) {
  if (conversation.info.id != wanted_ && conversation.info.id != conversation_) return;
  const bool again = conversation.info.id == conversation_;
  wanted_.clear();
  conversation_ = conversation.info.id;
  title_ = conversation.info.title;
  settings_ = conversation.settings;
  streaming_.clear();
  QList<Message> messages = conversation.messages;
  for (Message& message : messages) {
    if (message.state == MessageState::streaming) streaming_ = message.id;
    // The journal may be a moment behind what had been received when the host died; what was read stays.
    const Message* seen = again ? thread_.find(message.id) : nullptr;
    if (seen && message.state == MessageState::interrupted && seen->text.startsWith(message.text))
      message.text = seen->text;
  }
  thread_.load(messages, again && thread_.find(conversation.leaf) ? thread_.tree().leaf() : conversation.leaf);
  if (!again) {
    editing_.clear();
    draft_ = conversation.draft;
    emit draft_changed(draft_);
  }
  emit opened();
  emit state_changed();
  const Message* cut = again ? thread_.find(std::exchange(interrupted_, {})) : nullptr;
  if (cut && can_continue(*cut)) emit can_go_on(cut->id);
}

void ChatController::rename_conversation(const QString& id, const QString& title) {
  service_->rename_conversation(id, title);
  if (id != conversation_) return;
  title_ = title;
  emit title_changed();
}

void ChatController::remove_conversation(const QString& id) {
  const QModelIndex index = conversations_.index_of(id);
  if (!index.isValid()) return;
  const QString name = index.data().toString();
  const bool shown = id == conversation_;
  if (shown) new_conversation();
  conversations_.remove(id);
  service_->set_conversation_deleted(id, true);
  emit undo_offered(tr("Deleted “%1”").arg(name), [this, id, shown] {
    service_->set_conversation_deleted(id, false);
    service_->list_conversations(search_);
    if (shown) open_conversation(id);
  });
}

void ChatController::set_settings(const ChatSettings& settings) {
  settings_ = settings;
  if (!conversation_.isEmpty()) service_->save_settings(conversation_, settings);
}

void ChatController::set_draft(const QString& text) {
  if (!editing_.isEmpty() || text == draft_) return;  // an edit is not the conversation's draft
  draft_ = text;
  draft_unsaved_ = true;
  draft_timer_.start();
}

void ChatController::flush_draft() {
  draft_timer_.stop();
  if (!std::exchange(draft_unsaved_, false)) return;
  if (!conversation_.isEmpty()) service_->save_draft(conversation_, draft_);
}

void ChatController::send(const QString& text) {
  if (streaming() || text.trimmed().isEmpty() || !blocked().reason.isEmpty()) return;
  if (conversation_.isEmpty()) {
    pending_text_ = text;
    emit draft_changed({});
    service_->create_conversation();
    return;
  }
  send_now(text);
}

void ChatController::send_now(const QString& text) {
  QString parent = thread_.tree().leaf();
  QString next_draft;
  if (!editing_.isEmpty()) {
    if (const Message* edited = thread_.find(editing_)) parent = edited->parent;
    next_draft = std::exchange(draft_before_edit_, {});
    editing_.clear();
  }
  draft_ = next_draft;
  draft_unsaved_ = false;
  service_->send(conversation_, parent, text);
  service_->save_draft(conversation_, draft_);
  emit draft_changed(next_draft);
  emit state_changed();
}

void ChatController::stop() {
  if (streaming()) service_->stop(conversation_);
}

void ChatController::edit(const QString& id) {
  const Message* message = thread_.find(id);
  if (!message || message->role != Role::user || streaming()) return;
  if (editing_.isEmpty()) draft_before_edit_ = draft_;
  editing_ = id;
  emit draft_changed(message->text);
  emit state_changed();
}

void ChatController::cancel_edit() {
  if (editing_.isEmpty()) return;
  editing_.clear();
  draft_ = std::exchange(draft_before_edit_, {});
  emit draft_changed(draft_);
  emit state_changed();
}

void ChatController::regenerate(const QString& id) {
  const Message* message = thread_.find(id);
  if (!message || streaming()) return;
  service_->answer(conversation_, message->role == Role::user ? id : message->parent);
}

void ChatController::continue_answer(const QString& id) {
  const Message* message = thread_.find(id);
  if (message && can_continue(*message) && !streaming()) service_->continue_answer(conversation_, id);
}

void ChatController::remove_message(const QString& id) {
  const Message* message = thread_.find(id);
  if (!message || streaming()) return;
  const QString text = message->role == Role::user ? tr("Deleted a message") : tr("Deleted an answer");
  const QString conversation = conversation_;
  if (!thread_.set_deleted(id, true)) return;
  service_->set_message_deleted(conversation, id, true);
  emit undo_offered(text, [this, conversation, id] {
    service_->set_message_deleted(conversation, id, false);
    if (conversation == conversation_) thread_.set_deleted(id, false);
  });
}

void ChatController::select_branch(const QString& id, int step) {
  if (streaming() || !thread_.select_sibling(id, step)) return;
  service_->save_leaf(conversation_, thread_.tree().leaf());
  emit state_changed();
}

void ChatController::message_changed(const QString& conversation, const Message& message) {
  if (conversation != conversation_) return;
  if (message.deleted) {
    thread_.set_deleted(message.id, true);  // nothing where it was never shown
    return;
  }
  const Message* shown = thread_.find(message.id);
  if (shown && !shown->deleted)
    thread_.update(message.id, [&](Message& old) { old = message; });
  else
    thread_.insert(message);
  const bool started = message.state == MessageState::streaming && streaming_ != message.id;
  if (started) {
    streaming_ = message.id;
    emit answer_started();
  }
  emit state_changed();
}

// The host died: what has arrived stays on screen, marked so that it can be continued.
void ChatController::host_lost() {
  if (streaming_.isEmpty()) return;
  const QString id = std::exchange(streaming_, {});
  interrupted_ = id;
  thread_.update(id, [](Message& message) { message.state = MessageState::interrupted; });
  emit answer_ended(tr("Interrupted: the engine stopped"));
}

}  // namespace diptych::chat
