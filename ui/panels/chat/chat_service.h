// What the chat panel asks of the engine host. Every call returns at once; answers come as signals, in the order in
// which the host gives them.
#pragma once

#include <QList>
#include <QObject>
#include <optional>

#include "ui/panels/chat/message.h"
#include "ui/panels/chat/settings.h"

namespace diptych::chat {

struct ConversationInfo {
  QString id;
  QString title;  // empty: not named yet
  qint64 updated_ms = 0;
  QString snippet;  // where a search matched

  bool operator==(const ConversationInfo&) const = default;
};

struct Conversation {
  ConversationInfo info;
  QList<Message> messages;  // the whole tree, parents first
  QString leaf;             // last message of the branch that was shown
  QString draft;
  ChatSettings settings;
};

struct ModelInfo {
  enum class State { available, loading, loaded, failed };

  QString id;
  QString name;
  QString path;
  QString quantization;
  State state = State::available;
  double size_bytes = 0;
  std::optional<double> memory_bytes;  // predicted from the code that will run, or measured once loaded
  std::optional<double> free_bytes;    // what is free on the device for it
  std::optional<double> tokens_per_s;  // predicted
  double load_progress = 0;            // 0 to 1 while loading
  int context_tokens = 0;
  int keep_alive_s = 0;  // unloads itself after this time without use; 0: never
  bool chosen = false;   // answers, where it is loaded
  QString error;

  bool operator==(const ModelInfo&) const = default;
  std::optional<bool> fits() const {
    if (!memory_bytes || !free_bytes) return std::nullopt;
    return *memory_bytes <= *free_bytes;
  }
};

enum class HostState { starting, ready, lost };

class ChatService : public QObject {
  Q_OBJECT

 public:
  using QObject::QObject;

  virtual HostState host_state() const = 0;

  virtual void list_conversations(const QString& search) = 0;  // full text; empty: all
  virtual void open_conversation(const QString& id) = 0;
  virtual void create_conversation() = 0;
  virtual void rename_conversation(const QString& id, const QString& title) = 0;
  virtual void set_conversation_deleted(const QString& id, bool deleted) = 0;
  virtual void save_draft(const QString& id, const QString& draft) = 0;
  virtual void save_settings(const QString& id, const ChatSettings& settings) = 0;
  virtual void save_leaf(const QString& id, const QString& message) = 0;

  // A new message below `parent` (empty: a first one) and its answer.
  virtual void send(const QString& conversation, const QString& parent, const QString& text) = 0;
  virtual void answer(const QString& conversation, const QString& user_message) = 0;  // one more answer to it
  virtual void continue_answer(const QString& conversation, const QString& message) = 0;
  virtual void stop(const QString& conversation) = 0;
  virtual void set_message_deleted(const QString& conversation, const QString& message, bool deleted) = 0;
  virtual void count_tokens(const QString& text) = 0;

  virtual void list_models() = 0;
  virtual void load_model(const QString& id_or_path) = 0;
  virtual void cancel_load(const QString& id) = 0;
  virtual void unload_model(const QString& id) = 0;
  virtual void set_keep_alive(const QString& id, int seconds) = 0;

 signals:
  void host_state_changed(diptych::chat::HostState state, const QString& reason);
  void conversations_listed(const QString& search, const QList<diptych::chat::ConversationInfo>& conversations);
  void conversation_created(const diptych::chat::ConversationInfo& conversation);
  void conversation_opened(const diptych::chat::Conversation& conversation);
  void conversation_renamed(const QString& id, const QString& title);  // by the user or by the host's automatic title
  void message_changed(const QString& conversation, const diptych::chat::Message& message);  // new, or known by its id
  void answer_grew(const QString& conversation, const QString& message, const QString& text, const QString& thinking);
  void answer_ended(const QString& conversation, const QString& message);
  void tokens_counted(const QString& text, int tokens);
  // A request of send() or create_conversation() did not arrive: the words are still the user's.
  void not_sent(const QString& conversation, const QString& text);
  void models_listed(const QList<diptych::chat::ModelInfo>& models);
  // `what` names the request in the user's words; nothing was lost.
  void failed(const QString& what, const QString& why, const QString& to_do);
};

}  // namespace diptych::chat
