// The live controls of one visible message: thinking header, notice, footer with figures, branches and actions, and a
// copy button per code block. The view keeps a few of these and lends them to whatever is on screen.
#pragma once

#include <QObject>
#include <QRect>
#include <functional>

#include "ui/panels/chat/message_item.h"
#include "ui/panels/chat/message_tree.h"

class QLabel;
class QPushButton;
class QToolButton;
class QWidget;

namespace diptych::chat {

enum class MessageAction { copy, edit, regenerate, continue_answer, remove, previous_branch, next_branch };

class MessageWidgets : public QObject {
  Q_OBJECT

 public:
  explicit MessageWidgets(QWidget* viewport);
  ~MessageWidgets() override;

  QString message() const { return id_; }
  // `busy`: an answer is being written somewhere in the conversation, so that nothing else can be generated;
  // `last`: nothing follows the message.
  void show(const Message& message, const MessageItem& item, MessageTree::Position branch, bool busy, bool last,
            QPoint origin);
  void hide();
  bool has_focus() const;
  QList<QWidget*> tab_chain() const;  // visible controls in reading order

 signals:
  void action(const QString& id, diptych::chat::MessageAction action);
  void thinking_toggled(const QString& id);
  void code_copied(const QString& code);

 private:
  QToolButton* make_button(const QString& icon, const QString& name, MessageAction action);
  void fill(const Message& message, MessageTree::Position branch, bool busy, bool last);

  QString id_;
  QString notice_text_;
  QWidget* viewport_;
  QWidget* footer_;
  QWidget* notice_;
  QLabel* notice_label_;
  QPushButton* notice_button_;
  QToolButton* thinking_;
  QLabel* stats_;
  QLabel* branch_label_;
  QToolButton *previous_, *next_, *copy_, *edit_, *regenerate_, *continue_, *remove_;
  QList<QToolButton*> code_buttons_;
};

}  // namespace diptych::chat
