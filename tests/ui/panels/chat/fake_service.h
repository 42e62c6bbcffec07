// A host without a host: answers the panel's requests from memory, so that tests see every request and decide when an
// answer grows.
#pragma once

#include <QDateTime>
#include <algorithm>

#include "ui/panels/chat/chat_service.h"

namespace diptych::chat {

class FakeService : public ChatService {
  Q_OBJECT

 public:
  HostState host_state() const override { return state; }
  void set_state(HostState next) {
    state = next;
    emit host_state_changed(next, {});
  }

  void list_conversations(const QString& search) override {
    QList<ConversationInfo> found;
    for (const Conversation& one : stored)
      if (!deleted.contains(one.info.id) && one.info.title.contains(search, Qt::CaseInsensitive)) found << one.info;
    emit conversations_listed(search, found);
  }
  void open_conversation(const QString& id) override {
    if (Conversation* one = find(id)) emit conversation_opened(*one);
  }
  void create_conversation() override {
    Conversation one;
    one.info.id = QStringLiteral("c%1").arg(stored.size() + 1);
    one.info.updated_ms = QDateTime::currentMSecsSinceEpoch();
    stored.prepend(one);
    emit conversation_created(one.info);
  }
  void rename_conversation(const QString& id, const QString& title) override {
    if (Conversation* one = find(id)) one->info.title = title;
    log << "rename " + id + " " + title;
  }
  void set_conversation_deleted(const QString& id, bool gone) override {
    deleted.removeAll(id);
    if (gone) deleted << id;
  }
  void save_draft(const QString& id, const QString& draft) override {
    if (Conversation* one = find(id)) one->draft = draft;
  }
  void save_settings(const QString& id, const ChatSettings& settings) override {
    if (Conversation* one = find(id)) one->settings = settings;
  }
  void save_leaf(const QString& id, const QString& message) override {
    if (Conversation* one = find(id)) one->leaf = message;
  }
  void send(const QString& conversation, const QString& parent, const QString& text) override {
    log << "send " + text;
    Message message = make(Role::user, parent);
    message.text = text;
    put(conversation, message);
    answer(conversation, message.id);
  }
  void answer(const QString& conversation, const QString& user_message) override {
    log << "answer " + user_message;
    Message message = make(Role::assistant, user_message);
    message.state = MessageState::streaming;
    message.model = QStringLiteral("SmolLM2-135M-Instruct");
    put(conversation, message);
    streaming = message.id;
  }
  void continue_answer(const QString& conversation, const QString& id) override {
    log << "continue " + id;
    Message message = *find_message(conversation, id);
    message.state = MessageState::streaming;
    put(conversation, message);
    streaming = id;
  }
  void stop(const QString& conversation) override {
    log << QStringLiteral("stop");
    finish(conversation, MessageState::stopped);
  }
  void set_message_deleted(const QString& conversation, const QString& id, bool gone) override {
    find_message(conversation, id)->deleted = gone;
  }
  void count_tokens(const QString& text) override {
    emit tokens_counted(text, static_cast<int>(text.split(' ').size()));
  }
  void list_models() override { emit models_listed(models); }
  void load_model(const QString& id) override { log << "load " + id; }
  void cancel_load(const QString& id) override { log << "cancel " + id; }
  void unload_model(const QString& id) override { log << "unload " + id; }
  void set_keep_alive(const QString& id, int seconds) override {
    log << QStringLiteral("keep %1 %2").arg(id).arg(seconds);
  }

  // What the host does by itself.
  void grow(const QString& conversation, const QString& text, const QString& thinking = {}) {
    Message* message = find_message(conversation, streaming);
    message->text += text;
    message->thinking += thinking;
    emit answer_grew(conversation, streaming, text, thinking);
  }
  void finish(const QString& conversation, MessageState end = MessageState::complete) {
    Message message = *find_message(conversation, streaming);
    message.state = end;
    message.stats = {41.4, 180.0, 58, 0, 120};
    put(conversation, message);
    emit answer_ended(conversation, std::exchange(streaming, {}));
  }
  void die(const QString& conversation) {
    find_message(conversation, streaming)->state = MessageState::interrupted;
    streaming.clear();
    set_state(HostState::lost);
  }

  Conversation* find(const QString& id) {
    for (Conversation& one : stored)
      if (one.info.id == id) return &one;
    return nullptr;
  }
  Message* find_message(const QString& conversation, const QString& id) {
    for (Message& message : find(conversation)->messages)
      if (message.id == id) return &message;
    return nullptr;
  }
  static ModelInfo small_model(ModelInfo::State state) {
    ModelInfo model;
    model.id = model.name = QStringLiteral("SmolLM2-135M-Instruct");
    model.quantization = QStringLiteral("Q4_1");
    model.state = state;
    model.size_bytes = 98362432;
    model.memory_bytes = 287e6;
    model.free_bytes = 21.4e9;
    model.tokens_per_s = 108;
    model.context_tokens = 8192;
    return model;
  }

  HostState state = HostState::ready;
  QList<Conversation> stored;
  QStringList deleted, log;
  QList<ModelInfo> models{small_model(ModelInfo::State::loaded)};
  QString streaming;

 private:
  Message make(Role role, const QString& parent) {
    Message message;
    message.id = QStringLiteral("n%1").arg(++next_id_);
    message.parent = parent;
    message.role = role;
    return message;
  }
  void put(const QString& conversation, const Message& message) {
    if (Message* known = find_message(conversation, message.id))
      *known = message;
    else
      find(conversation)->messages << message;
    emit message_changed(conversation, message);
  }

  int next_id_ = 0;
};

}  // namespace diptych::chat
