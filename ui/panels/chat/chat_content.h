// The middle of the Chat panel: model picker, messages, composer.
#pragma once

#include <QTimer>
#include <QWidget>

#include "ui/panels/chat/chat_controller.h"

class QStackedWidget;
class QToolButton;

namespace diptych::ui {
class EmptyState;
}

namespace diptych::chat {

class Announcer;
class Composer;
class FindBar;
class MessageView;
class ModelPicker;
enum class MessageAction;  // message_widgets.h

class ChatContent : public QWidget {
  Q_OBJECT

 public:
  explicit ChatContent(ChatController* controller, QWidget* parent = nullptr);  // `controller` must outlive it

  MessageView* view() { return view_; }
  Composer* composer() { return composer_; }
  ModelPicker* picker() { return picker_; }
  Announcer* announcer() { return announcer_; }
  FindBar* find_bar() { return find_; }
  void open_find();
  void copy(const QString& text, const QString& what);

 signals:
  void export_requested();
  void noted(const QString& text);  // something small was done ("Code copied")

 protected:
  void changeEvent(QEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;

 private:
  void build();
  void connect_controller();
  void connect_widgets();
  void message_action(const QString& id, MessageAction action);
  void update_state();
  void refresh_style();
  void escape();
  void ask_to_open(const QString& address);

  ChatController* controller_;
  ModelPicker* picker_;
  MessageView* view_;
  Composer* composer_;
  Announcer* announcer_;
  FindBar* find_;
  QStackedWidget* stack_;
  ui::EmptyState* empty_;
  QToolButton* export_button_;
  QTimer announce_timer_;
  QTimer count_timer_;
  QString answer_text_;
  QString counted_text_;
  int counted_tokens_ = 0;
};

}  // namespace diptych::chat
