// Mouse, keys, selection and menus of the message view.
#include <QContextMenuEvent>
#include <QKeyEvent>
#include <QMenu>
#include <QMouseEvent>
#include <QScrollBar>

#include "ui/panels/chat/message_view.h"

namespace diptych::chat {

QPointF MessageView::to_item(int row, QPoint point) const {
  return QPointF(point) - QPointF(column_x(), rows_[row]->top - verticalScrollBar()->value());
}

markdown::Range MessageView::selection_of(const QString& id) const {
  return id == selection_.id ? selection_.range() : markdown::Range{};
}

QString MessageView::selected_text() const {
  const int row = model_ ? model_->row_of(selection_.id) : -1;
  if (row < 0 || selection_.range().empty() || !rows_[row]->item.laid_out()) return {};
  return rows_[row]->item.body().text(selection_.range());
}

void MessageView::mousePressEvent(QMouseEvent* event) {
  const int row = row_at(event->pos().y() + verticalScrollBar()->value());
  if (event->button() != Qt::LeftButton || row < 0 || row >= static_cast<int>(rows_.size())) return;
  const MessageItem& item = rows_[row]->item;
  if (!item.laid_out()) return;
  const QPointF point = to_item(row, event->pos()) - item.body_origin();
  pressed_link_ = item.body().link_at(point);
  const int position = item.body().position_at(point);
  const bool extends = event->modifiers() & Qt::ShiftModifier && selection_.id == item.id();
  selection_ = {item.id(), extends ? selection_.anchor : position, position};
  dragging_ = true;
  viewport()->update();
}

void MessageView::extend_selection(QPoint point) {
  const int row = model_->row_of(selection_.id);
  if (row < 0 || !rows_[row]->item.laid_out()) return;
  const MessageItem& item = rows_[row]->item;
  selection_.cursor = item.body().position_at(to_item(row, point) - item.body_origin());
  viewport()->update();
}

void MessageView::scroll_while_dragging() {
  const int above = drag_at_.y();
  const int below = drag_at_.y() - viewport()->height();
  if (above >= 0 && below <= 0) {
    drag_timer_.stop();
    return;
  }
  const int step = above < 0 ? above : below;  // the farther out, the faster
  verticalScrollBar()->setValue(verticalScrollBar()->value() + std::clamp(step, -60, 60));
  extend_selection(drag_at_);
}

void MessageView::mouseMoveEvent(QMouseEvent* event) {
  if (dragging_ && event->buttons() & Qt::LeftButton) {
    drag_at_ = event->pos();
    extend_selection(drag_at_);
    if (!viewport()->rect().contains(drag_at_) && !drag_timer_.isActive()) drag_timer_.start();
    return;
  }
  const int row = row_at(event->pos().y() + verticalScrollBar()->value());
  Qt::CursorShape shape = Qt::ArrowCursor;
  QString tip;
  if (row >= 0 && rows_[row]->item.laid_out()) {
    const MessageItem& item = rows_[row]->item;
    const QPointF point = to_item(row, event->pos());
    tip = item.body().link_at(point - item.body_origin());
    shape = !tip.isEmpty() ? Qt::PointingHandCursor : item.text_at(point) ? Qt::IBeamCursor : Qt::ArrowCursor;
  }
  if (viewport()->cursor().shape() != shape) viewport()->setCursor(shape);
  if (viewport()->toolTip() != tip) viewport()->setToolTip(tip);
}

void MessageView::mouseReleaseEvent(QMouseEvent* event) {
  if (event->button() != Qt::LeftButton || !dragging_) return;
  dragging_ = false;
  drag_timer_.stop();
  if (!pressed_link_.isEmpty() && selection_.range().empty()) emit link_activated(pressed_link_);
  pressed_link_.clear();
  schedule();
}

void MessageView::mouseDoubleClickEvent(QMouseEvent* event) {
  const int row = row_at(event->pos().y() + verticalScrollBar()->value());
  if (row < 0 || !rows_[row]->item.laid_out()) return;
  const MessageItem& item = rows_[row]->item;
  const int position = item.body().position_at(to_item(row, event->pos()) - item.body_origin());
  const markdown::Range word = item.body().word_at(position);
  selection_ = {item.id(), word.from, word.to};
  viewport()->update();
}

void MessageView::copy_selection_or_message() {
  const QString text = selected_text();
  if (!text.isEmpty()) {
    emit copy_text(text, tr("Selection"));
  } else if (const Message* message = model_->message(current_)) {
    emit action(message->id, MessageAction::copy);
  }
}

void MessageView::keyPressEvent(QKeyEvent* event) {
  QScrollBar* bar = verticalScrollBar();
  const Message* message = model_ ? model_->message(current_) : nullptr;
  const bool control = event->modifiers() & Qt::ControlModifier;
  if (event->matches(QKeySequence::Copy)) {
    copy_selection_or_message();
    return;
  }
  if (event->matches(QKeySequence::SelectAll)) {
    const int row = current_ >= 0 ? current_ : static_cast<int>(rows_.size()) - 1;
    if (row >= 0 && rows_[row]->item.laid_out()) {
      selection_ = {rows_[row]->item.id(), 0, rows_[row]->item.body().length()};
      viewport()->update();
    }
    return;
  }
  const auto act = [&](MessageAction what) {
    if (message && (!busy_ || what == MessageAction::copy)) emit action(message->id, what);
  };
  const bool user = message && message->role == Role::user;
  switch (event->key()) {
    case Qt::Key_Up:
      if (control)
        set_current_row(current_ < 0 ? static_cast<int>(rows_.size()) - 1 : std::max(0, current_ - 1));
      else
        bar->triggerAction(QScrollBar::SliderSingleStepSub);
      return;
    case Qt::Key_Down:
      if (control)
        set_current_row(current_ + 1);
      else
        bar->triggerAction(QScrollBar::SliderSingleStepAdd);
      return;
    case Qt::Key_PageUp:
      bar->triggerAction(QScrollBar::SliderPageStepSub);
      return;
    case Qt::Key_PageDown:
    case Qt::Key_Space:
      bar->triggerAction(QScrollBar::SliderPageStepAdd);
      return;
    case Qt::Key_Home:
      bar->triggerAction(QScrollBar::SliderToMinimum);
      return;
    case Qt::Key_End:
      jump_to_end();
      return;
    case Qt::Key_Left:
      act(MessageAction::previous_branch);
      return;
    case Qt::Key_Right:
      act(MessageAction::next_branch);
      return;
    case Qt::Key_C:
      act(MessageAction::copy);
      return;
    case Qt::Key_E:
      if (user) act(MessageAction::edit);
      return;
    case Qt::Key_R:
      if (!user || current_ + 1 == static_cast<int>(rows_.size())) act(MessageAction::regenerate);
      return;
    case Qt::Key_T:
      if (message && current_ >= 0 && rows_[current_]->item.has_thinking()) toggle_thinking(message->id);
      return;
    case Qt::Key_Delete:
      act(MessageAction::remove);
      return;
    case Qt::Key_Return:
    case Qt::Key_Enter:
    case Qt::Key_Menu:
      if (current_ >= 0) {
        show_menu(current_,
                  viewport()->mapToGlobal(message_rect(current_).topLeft() + QPoint(0, MessageItem::top_gap)));
        return;
      }
      break;
    default:
      break;
  }
  QAbstractScrollArea::keyPressEvent(event);  // leaves Esc and the like to the panel
}

void MessageView::contextMenuEvent(QContextMenuEvent* event) {
  const bool mouse = event->reason() == QContextMenuEvent::Mouse;
  const int row = mouse ? row_at(event->pos().y() + verticalScrollBar()->value()) : current_;
  if (row >= 0 && row < static_cast<int>(rows_.size())) show_menu(row, event->globalPos());
}

void MessageView::show_menu(int row, QPoint global) {
  const Message* message = model_->message(row);
  if (!message) return;
  auto* menu = new QMenu(this);
  menu->setAttribute(Qt::WA_DeleteOnClose);
  const QString id = message->id;
  const auto add = [&](const QString& text, MessageAction what, bool enabled = true) {
    QAction* entry = menu->addAction(text);
    entry->setEnabled(enabled);
    connect(entry, &QAction::triggered, this, [this, id, what] { emit action(id, what); });
  };
  if (const QString selection = selected_text(); !selection.isEmpty()) {
    QAction* entry = menu->addAction(tr("Copy selection"));
    connect(entry, &QAction::triggered, this, [this, selection] { emit copy_text(selection, tr("Selection")); });
  }
  add(tr("Copy message"), MessageAction::copy);
  if (message->role == Role::user)
    add(tr("Edit…"), MessageAction::edit, !busy_);
  else
    add(tr("Regenerate"), MessageAction::regenerate, !busy_);
  if (can_continue(*message)) add(tr("Continue"), MessageAction::continue_answer, !busy_);
  const MessageTree::Position branch = model_->tree().position(id);
  if (branch.count > 1) {
    add(tr("Previous version"), MessageAction::previous_branch, !busy_ && branch.index > 0);
    add(tr("Next version"), MessageAction::next_branch, !busy_ && branch.index + 1 < branch.count);
  }
  if (rows_[row]->item.has_thinking()) {
    QAction* entry = menu->addAction(rows_[row]->item.thinking_open() ? tr("Hide thoughts") : tr("Show thoughts"));
    connect(entry, &QAction::triggered, this, [this, id] { toggle_thinking(id); });
  }
  if (rows_[row]->item.laid_out()) {
    for (const QString& link : rows_[row]->item.body().links()) {
      QAction* entry = menu->addAction(tr("Open %1").arg(fontMetrics().elidedText(link, Qt::ElideMiddle, 320)));
      connect(entry, &QAction::triggered, this, [this, link] { emit link_activated(link); });
    }
  }
  menu->addSeparator();
  add(tr("Delete"), MessageAction::remove, !busy_);
  menu->popup(global);
}

void MessageView::focusInEvent(QFocusEvent* event) {
  QAbstractScrollArea::focusInEvent(event);
  if (event->reason() == Qt::TabFocusReason || event->reason() == Qt::BacktabFocusReason) {
    if (current_ < 0) set_current_row(static_cast<int>(rows_.size()) - 1);
  }
  viewport()->update();
}

void MessageView::focusOutEvent(QFocusEvent* event) {
  QAbstractScrollArea::focusOutEvent(event);
  viewport()->update();
}

}  // namespace diptych::chat
