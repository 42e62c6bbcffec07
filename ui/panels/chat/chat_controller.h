// Between the host and the widgets: which conversation is open, what is being written, what can be undone.
#pragma once

#include <QElapsedTimer>
#include <QObject>
#include <QTimer>
#include <functional>

#include "ui/panels/chat/chat_service.h"
#include "ui/panels/chat/conversation_list_model.h"
#include "ui/panels/chat/model_list_model.h"
#include "ui/panels/chat/thread_model.h"

namespace diptych::chat {

class ChatController : public QObject {
  Q_OBJECT

 public:
  explicit ChatController(ChatService* service, QObject* parent = nullptr);  // `service` must outlive it

  ThreadModel* thread() { return &thread_; }
  ConversationListModel* conversations() { return &conversations_; }
  ModelListModel* models() { return &models_; }
  ChatService* service() { return service_; }

  const QString& conversation() const { return conversation_; }  // empty: a new one that is not stored yet
  QString title() const;
  const ChatSettings& settings() const { return settings_; }
  bool streaming() const { return !streaming_.isEmpty(); }
  const QString& editing() const { return editing_; }  // the message being edited, empty: none
  int tokens_used() const;                             // of the shown branch, as the host counted them last
  int context_tokens() const;

  void start();  // lists conversations and models
  void search(const QString& text);
  void new_conversation();
  void new_conversation_with(const QString& model, const std::optional<ChatAdapter>& adapter);
  void open_conversation(const QString& id);
  void rename_conversation(const QString& id, const QString& title);
  void remove_conversation(const QString& id);
  void set_settings(const ChatSettings& settings);
  void set_draft(const QString& text);  // stored after a pause

  void send(const QString& text);  // a new message, or a new version of the one being edited
  void stop();
  void edit(const QString& message);
  void cancel_edit();
  void regenerate(const QString& message);
  void continue_answer(const QString& message);
  void remove_message(const QString& message);
  void select_branch(const QString& message, int step);

  // Why nothing can be sent now, and the label of what helps; both empty: it can.
  struct Blocked {
    QString reason;
    QString action;
  };
  Blocked blocked() const;

 signals:
  void opened();  // another conversation is shown
  void title_changed();
  void state_changed();                     // streaming(), editing(), blocked() or the context's figures
  void draft_changed(const QString& text);  // by the controller, for the composer
  void answer_started();
  void answer_grew(const QString& text);  // whole text of the answer so far
  void answer_ended(const QString& outcome);
  void can_go_on(const QString& message);  // the host is back after it died while it wrote this answer
  void undo_offered(const QString& text, const std::function<void()>& undo);
  void failed(const QString& what, const QString& why, const QString& to_do);

 private:
  void connect_service();
  void show(const Conversation& conversation);
  void message_changed(const QString& conversation, const Message& message);
  void host_lost();
  void send_now(const QString& text);
  void flush_draft();

  ChatService* service_;
  ThreadModel thread_;
  ConversationListModel conversations_;
  ModelListModel models_;
  QString conversation_;
  QString wanted_;        // asked for, not here yet
  QString pending_text_;  // to be sent once the new conversation exists
  ChatSettings settings_;
  QString streaming_;    // the answer being written
  QString interrupted_;  // the answer that was being written when the host died
  QString editing_;
  QString draft_before_edit_;
  QString draft_;
  bool draft_unsaved_ = false;
  QString search_;
  QString title_;
  HostState host_ = HostState::starting;
  QTimer draft_timer_;
  QElapsedTimer thinking_clock_;  // until the host's own figure arrives with the finished answer
};

}  // namespace diptych::chat
