#include "ui/panels/chat/message_view.h"

#include <QElapsedTimer>
#include <QPaintEvent>
#include <QPainter>
#include <QPushButton>
#include <QScrollBar>

#include "ui/panels/chat/message_accessible.h"
#include "ui/theme/icons.h"

namespace diptych::chat {
namespace {

constexpr int frame_ms = 16;
constexpr int side_margin = 16;
constexpr int bottom_margin = 16;
constexpr int end_slack = 4;         // px from the end that still count as the end
constexpr size_t kept_layouts = 60;  // messages beyond the margin give their layout back above this many

}  // namespace

MessageView::MessageView(QWidget* parent) : QAbstractScrollArea(parent), end_button_(new QPushButton(this)) {
  install_message_accessibility();
  setFrameShape(QFrame::NoFrame);
  setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  setFocusPolicy(Qt::StrongFocus);
  viewport()->setMouseTracking(true);
  viewport()->setAutoFillBackground(false);
  setAccessibleName(tr("Conversation"));
  setObjectName(QStringLiteral("messageView"));
  end_button_->setText(tr("Jump to end"));
  end_button_->setIcon(ui::icon("arrow-down"));
  end_button_->setAutoDefault(false);
  end_button_->setObjectName(QStringLiteral("jumpToEnd"));
  end_button_->setAccessibleName(tr("Jump to the end of the conversation"));
  end_button_->hide();
  connect(end_button_, &QPushButton::clicked, this, &MessageView::jump_to_end);
  frame_timer_.setSingleShot(true);
  frame_timer_.setInterval(frame_ms);
  frame_timer_.setTimerType(Qt::PreciseTimer);
  connect(&frame_timer_, &QTimer::timeout, this, &MessageView::frame);
  drag_timer_.setInterval(2 * frame_ms);
  connect(&drag_timer_, &QTimer::timeout, this, &MessageView::scroll_while_dragging);
}

MessageView::~MessageView() = default;

void MessageView::set_model(ThreadModel* model) {
  if (model_) disconnect(model_, nullptr, this, nullptr);
  model_ = model;
  connect(model, &ThreadModel::modelReset, this, &MessageView::rebuild);
  connect(model, &ThreadModel::rowsInserted, this,
          [this](const QModelIndex&, int first, int last) { rows_inserted(first, last); });
  connect(model, &ThreadModel::rowsRemoved, this,
          [this](const QModelIndex&, int first, int last) { rows_removed(first, last); });
  connect(model, &ThreadModel::dataChanged, this,
          [this](const QModelIndex& first, const QModelIndex& last) { row_changed(first.row(), last.row()); });
  rebuild();
}

void MessageView::set_style(const ChatStyle& style) {
  style_ = style;
  for (const auto& row : rows_) {
    row->item.restyle();
    row->dirty = true;
  }
  dirty_from_ = 0;
  schedule();
}

void MessageView::set_busy(bool busy) {
  busy_ = busy;
  schedule();
}

void MessageView::rebuild() {
  rows_.clear();
  selection_ = {};
  current_ = -1;
  following_ = true;
  if (model_->rowCount() > 0) rows_inserted(0, model_->rowCount() - 1);
  dirty_from_ = 0;
  schedule();
}

void MessageView::rows_inserted(int first, int last) {
  for (int i = first; i <= last; ++i) {
    auto row = std::make_unique<Row>(Row{MessageItem(model_->message(i)->id, style_)});
    row->item.estimate(*model_->message(i), column_width());
    rows_.insert(rows_.begin() + i, std::move(row));
  }
  dirty_from_ = 0;
  schedule();
}

void MessageView::rows_removed(int first, int last) {
  rows_.erase(rows_.begin() + first, rows_.begin() + last + 1);
  if (current_ >= first) current_ = -1;
  if (model_->row_of(selection_.id) < 0) selection_ = {};
  dirty_from_ = 0;
  schedule();
}

void MessageView::row_changed(int first, int last) {
  for (int i = first; i <= last && i < static_cast<int>(rows_.size()); ++i) {
    rows_[i]->item.set_id(model_->message(i)->id);
    rows_[i]->dirty = true;
  }
  schedule();
}

void MessageView::schedule() {
  if (!frame_timer_.isActive()) frame_timer_.start();
}

void MessageView::frame() {
  QElapsedTimer timer;
  timer.start();
  relayout();
  place_widgets();
  if (dirty_from_ >= 0) {
    const int y = std::max(0, static_cast<int>(dirty_from_) - verticalScrollBar()->value() - 1);
    if (y < viewport()->height()) viewport()->update(0, y, viewport()->width(), viewport()->height() - y);
    dirty_from_ = -1;
  }
  frame_times_ms_.push_back(static_cast<double>(timer.nsecsElapsed()) / 1e6);
}

MessageView::Anchor MessageView::anchor() const {
  const int row = first_visible_row();
  if (row < 0) return {};
  return {rows_[row]->item.id(), rows_[row]->top - verticalScrollBar()->value()};
}

void MessageView::take_positions() {
  int y = 0;
  for (const auto& row : rows_) {
    row->top = y;
    y += row->item.height();
  }
}

bool MessageView::lay_out_visible() {
  const int top = verticalScrollBar()->value();
  const int margin = viewport()->height();  // a page on both sides is ready before it is needed
  bool same = true;
  for (int i = 0; i < static_cast<int>(rows_.size()); ++i) {
    Row& row = *rows_[i];
    const bool near = row.top + row.item.height() >= top - margin && row.top <= top + viewport()->height() + margin;
    if (!near || !(row.dirty || !row.item.laid_out())) continue;
    const int height = row.item.height();
    const bool fresh = !row.item.laid_out();
    const qreal changed = row.item.update(*model_->message(i), column_width());
    row.dirty = false;
    same = same && row.item.height() == height;
    const qreal from = row.top + (fresh ? 0 : changed);
    dirty_from_ = dirty_from_ < 0 ? from : std::min(dirty_from_, from);
  }
  return same;
}

void MessageView::relayout() {
  const Anchor held = anchor();
  adjusting_ = true;
  QScrollBar* bar = verticalScrollBar();
  bar->setPageStep(viewport()->height());
  bar->setSingleStep(24);
  // Laying out a message replaces its estimated height, which may bring others into view; it settles at once.
  for (int pass = 0; pass < 8; ++pass) {
    take_positions();
    bar->setRange(0, std::max(0, content_height() - viewport()->height()));
    if (following_ && !dragging_) {
      bar->setValue(bar->maximum());
    } else if (const int row = model_ ? model_->row_of(held.id) : -1; row >= 0) {
      bar->setValue(rows_[row]->top - held.offset);
    }
    if (lay_out_visible()) break;
  }
  adjusting_ = false;
  size_t laid_out = 0;
  for (const auto& row : rows_) laid_out += row->item.laid_out() ? 1 : 0;
  if (laid_out > kept_layouts) {
    const int far = 3 * viewport()->height();
    for (const auto& row : rows_) {
      const bool near = row->top + row->item.height() >= bar->value() - far && row->top <= bar->value() + far;
      if (!near) row->item.release();
    }
  }
  update_end_button();
}

void MessageView::place_widgets() {
  std::vector<MessageWidgets*> unused;
  QHash<QString, MessageWidgets*> in_use;
  for (const auto& widgets : widgets_) {
    if (!widgets->message().isEmpty()) in_use.insert(widgets->message(), widgets.get());
  }
  const int top = verticalScrollBar()->value();
  QList<int> visible;
  for (int i = std::max(0, first_visible_row()); i < static_cast<int>(rows_.size()); ++i) {
    if (rows_[i]->top > top + viewport()->height()) break;
    if (rows_[i]->item.laid_out()) visible << i;
  }
  QHash<int, MessageWidgets*> assigned;
  for (const int row : visible) {
    if (MessageWidgets* known = in_use.take(rows_[row]->item.id())) assigned.insert(row, known);
  }
  bool chain_changed = false;
  std::vector<MessageWidgets*> free;
  for (const auto& widgets : widgets_) {
    if (widgets->message().isEmpty() || in_use.contains(widgets->message())) {
      // A focused control that scrolls away hands the focus to the view instead of losing it.
      if (widgets->has_focus()) setFocus();
      if (!widgets->message().isEmpty()) widgets->hide();
      free.push_back(widgets.get());
    }
  }
  for (const int row : visible) {
    MessageWidgets*& widgets = assigned[row];
    if (!widgets) {
      chain_changed = true;
      if (free.empty()) {
        widgets_.push_back(std::make_unique<MessageWidgets>(viewport()));
        widgets = widgets_.back().get();
        connect(widgets, &MessageWidgets::action, this, &MessageView::action);
        connect(widgets, &MessageWidgets::thinking_toggled, this, &MessageView::toggle_thinking);
        connect(widgets, &MessageWidgets::code_copied, this,
                [this](const QString& code) { emit copy_text(code, tr("Code")); });
      } else {
        widgets = free.back();
        free.pop_back();
      }
    }
    const Message& message = *model_->message(row);
    widgets->show(message, rows_[row]->item, model_->tree().position(message.id), busy_,
                  row + 1 == static_cast<int>(rows_.size()), {column_x(), rows_[row]->top - top});
  }
  if (!chain_changed) return;
  QWidget* before = nullptr;
  for (const int row : visible) {
    for (QWidget* widget : assigned[row]->tab_chain()) {
      if (before) QWidget::setTabOrder(before, widget);
      before = widget;
    }
  }
}

void MessageView::jump_to_end() {
  following_ = true;
  schedule();
  relayout();
  viewport()->update();
}

void MessageView::set_current_row(int row) {
  row = std::clamp(row, -1, static_cast<int>(rows_.size()) - 1);
  if (row == current_) return;
  current_ = row;
  if (row >= 0) {
    const QRect rect = message_rect(row);
    QScrollBar* bar = verticalScrollBar();
    if (rect.top() < 0 || rect.height() > viewport()->height())
      bar->setValue(bar->value() + rect.top());
    else if (rect.bottom() > viewport()->height())
      bar->setValue(bar->value() + rect.bottom() - viewport()->height() + bottom_margin);
    announce_current_message(this, row);
  }
  viewport()->update();
}

void MessageView::toggle_thinking(const QString& id) {
  const int row = model_->row_of(id);
  if (row < 0) return;
  const int top = rows_[row]->top;
  following_ = false;  // what is on screen stays where it is, even at the end
  rows_[row]->item.set_thinking_open(!rows_[row]->item.thinking_open());
  rows_[row]->dirty = true;
  dirty_from_ = dirty_from_ < 0 ? top : std::min<qreal>(dirty_from_, top);
  relayout();
  following_ = verticalScrollBar()->value() >= verticalScrollBar()->maximum() - end_slack;
  update_end_button();
  place_widgets();
  viewport()->update();
}

void MessageView::update_end_button() {
  const bool show = !following_ && verticalScrollBar()->maximum() > 0;
  if (show) {
    const QSize size = end_button_->sizeHint();
    end_button_->setGeometry(viewport()->x() + (viewport()->width() - size.width()) / 2,
                             viewport()->geometry().bottom() - size.height() - 12, size.width(), size.height());
    end_button_->raise();
  }
  if (end_button_->isVisibleTo(this) == show) return;
  end_button_->setVisible(show);
  emit at_end_changed(!show);
}

int MessageView::column_width() const {
  return std::max(120, std::min(text_column_width, viewport()->width() - 2 * side_margin));
}
int MessageView::column_x() const {
  return std::max(side_margin, (viewport()->width() - column_width()) / 2);
}

int MessageView::content_height() const {
  return rows_.empty() ? 0 : rows_.back()->top + rows_.back()->item.height() + bottom_margin;
}

int MessageView::row_at(int y) const {
  const auto after =
      std::upper_bound(rows_.begin(), rows_.end(), y, [](int at, const auto& row) { return at < row->top; });
  return static_cast<int>(after - rows_.begin()) - 1;
}

int MessageView::first_visible_row() const {
  return rows_.empty() ? -1 : std::max(0, row_at(verticalScrollBar()->value()));
}

const MessageItem* MessageView::item(int row) const {
  return row >= 0 && row < static_cast<int>(rows_.size()) ? &rows_[row]->item : nullptr;
}

QRect MessageView::message_rect(int row) const {
  if (row < 0 || row >= static_cast<int>(rows_.size())) return {};
  return {column_x(), rows_[row]->top - verticalScrollBar()->value(), column_width(), rows_[row]->item.height()};
}

void MessageView::paintEvent(QPaintEvent* event) {
  QElapsedTimer timer;
  timer.start();
  QPainter painter(viewport());
  painter.fillRect(event->rect(), style_.palette.background);
  const int top = verticalScrollBar()->value();
  for (int i = std::max(0, first_visible_row()); i < static_cast<int>(rows_.size()); ++i) {
    const Row& row = *rows_[i];
    if (row.top - top > event->rect().bottom()) break;
    if (row.top + row.item.height() - top < event->rect().top()) continue;
    const QPointF origin(column_x(), row.top - top);
    painter.save();
    painter.translate(origin);
    row.item.paint(painter, QRectF(event->rect()).translated(-origin), selection_of(row.item.id()));
    if (i == current_ && hasFocus()) {
      painter.setRenderHint(QPainter::Antialiasing);
      painter.setPen(QPen(style_.palette.accent, 2));
      painter.setBrush(Qt::NoBrush);
      painter.drawRoundedRect(
          QRectF(-12, MessageItem::top_gap - 8, column_width() + 24, row.item.height() - MessageItem::top_gap + 10), 8,
          8);
    }
    painter.restore();
  }
  // A frame's layout and its painting count as one.
  if (!frame_times_ms_.empty()) frame_times_ms_.back() += static_cast<double>(timer.nsecsElapsed()) / 1e6;
}

void MessageView::resizeEvent(QResizeEvent*) {
  for (const auto& row : rows_) row->dirty = true;
  dirty_from_ = 0;
  relayout();
  place_widgets();
  viewport()->update();
}

void MessageView::scrollContentsBy(int, int) {
  if (!adjusting_) {  // the reader moved: from here on the end is followed only where they went to it
    following_ = verticalScrollBar()->value() >= verticalScrollBar()->maximum() - end_slack;
    relayout();
    place_widgets();
  }
  dirty_from_ = 0;
  viewport()->update();
}

}  // namespace diptych::chat
