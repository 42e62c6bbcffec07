// The list of conversations: new, search, rename (F2), delete; grouped by date.
#pragma once

#include <QStyledItemDelegate>

#include "ui/panels/chat/chat_style.h"
#include "ui/panels/chat/conversation_list_model.h"
#include "ui/widgets/search_list.h"

namespace diptych::chat {

class ConversationDelegate : public QStyledItemDelegate {
  Q_OBJECT

 public:
  using QStyledItemDelegate::QStyledItemDelegate;
  void set_style(const ChatStyle& style) { style_ = style; }
  QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override;
  void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override;

 private:
  ChatStyle style_;
};

class ConversationPane : public ui::SearchList {
  Q_OBJECT

 public:
  static constexpr int preferred_width = 260;

  explicit ConversationPane(ConversationListModel* model, QWidget* parent = nullptr);

  void set_current(const QString& id);  // without activating it
  void rename_current();

 signals:
  void new_requested();
  void activated(const QString& id);
  void remove_requested(const QString& id);
  void export_requested();  // of the conversation shown

 protected:
  bool list_key(QKeyEvent* event) override;
  void changeEvent(QEvent* event) override;

 private:
  void update_empty();
  void show_menu(const QPoint& at);
  QString current_id() const;

  ConversationListModel* model_;
  ConversationDelegate* delegate_;
  QString wanted_;  // the conversation shown, reselected after each reset
};

}  // namespace diptych::chat
