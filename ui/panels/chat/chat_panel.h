// The Chat panel: conversations left, messages and composer in the middle, settings right.
#pragma once

#include <QWidget>

#include "ui/panels/chat/chat_controller.h"
#include "ui/panels/chat/chat_style.h"
#include "ui/panels/chat/message_widgets.h"

class QLabel;
class QStackedWidget;
class QToolButton;

namespace diptych::chat {

class Announcer;
class Composer;
class ConversationPane;
class Inspector;
class MessageView;
class ModelPicker;
class UndoBar;

class ChatPanel : public QWidget {
  Q_OBJECT

 public:
  explicit ChatPanel(ChatService* service, QWidget* parent = nullptr);  // `service` must outlive it

  ChatController* controller() { return controller_; }
  MessageView* view() { return view_; }
  Composer* composer() { return composer_; }

  void new_conversation();               // Ctrl+N
  void focus_search();                   // Ctrl+F
  void undo();                           // Ctrl+Z
  void open_models();                    // the model picker
  bool open_model(const QString& path);  // dropped or chosen: a GGUF file or a model folder; false: neither
  void set_enter_sends(bool sends);      // see UI.md
  void refresh_style();                  // after a change of theme
  // Narrower than the sides and the middle together: the sides fold away.
  QSize minimumSizeHint() const override { return {480, 360}; }

 signals:
  void error(const QString& what, const QString& why, const QString& to_do);
  void status(const QString& text);  // short notes ("Copied")

 protected:
  void changeEvent(QEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;

 private:
  QWidget* build_content();
  void connect_controller();
  void connect_view();
  void message_action(const QString& id, MessageAction action);
  void update_state();
  void update_folding(bool force);
  void escape();
  void copy(const QString& text, const QString& what);
  void ask_to_open(const QString& address);
  void export_current();

  ChatController* controller_;
  ConversationPane* pane_;
  Inspector* inspector_;
  ModelPicker* picker_;
  MessageView* view_;
  Composer* composer_;
  UndoBar* undo_bar_;
  Announcer* announcer_;
  QStackedWidget* stack_;
  QLabel* empty_title_;
  QLabel* empty_text_;
  QToolButton* list_button_;
  QToolButton* inspector_button_;
  QToolButton* export_button_;
  QLabel* notice_;
  QTimer announce_timer_;
  QTimer count_timer_;
  QTimer notice_timer_;
  QString answer_text_;
  QString counted_text_;
  int counted_tokens_ = 0;
  bool list_wanted_ = true;
  bool inspector_wanted_ = true;
  bool styling_ = false;
};

}  // namespace diptych::chat
