#include "ui/panels/create/queue_popup.h"

#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QListView>
#include <QPainter>
#include <QPushButton>
#include <QScreen>

#include "ui/panels/create/create_controller.h"
#include "ui/theme/style.h"
#include "ui/theme/style_paint.h"
#include "ui/theme/theme.h"
#include "ui/theme/typography.h"
#include "ui/widgets/quantity.h"

namespace diptych::create {
namespace {

constexpr int queue_width = 380;
constexpr int queue_row_height = 52;

}  // namespace

QSize QueueDelegate::sizeHint(const QStyleOptionViewItem&, const QModelIndex&) const {
  return {200, queue_row_height};
}

void QueueDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const {
  const ui::PainterScope scope(*painter);
  const ui::Palette& palette = ui::theme_palette();
  const QRect rect = option.rect.adjusted(4, 1, -4, -1);
  const bool selected = option.state & QStyle::State_Selected;
  if (selected || option.state & QStyle::State_MouseOver)
    ui::paint_box(*painter, rect, 6, selected ? palette.selection : palette.hover);
  if (selected && option.state & QStyle::State_HasFocus) ui::paint_focus_ring(*painter, rect, 6, palette.accent);
  const QRect text = rect.adjusted(12, 6, -12, -8);
  painter->setFont(ui::text_font(ui::TextSize::body));
  painter->setPen(palette.text);
  painter->drawText(text, Qt::AlignTop | Qt::AlignLeft,
                    painter->fontMetrics().elidedText(index.data().toString(), Qt::ElideRight, text.width()));
  painter->setFont(ui::text_font(ui::TextSize::caption));
  painter->setPen(palette.secondary);
  painter->drawText(text, Qt::AlignBottom | Qt::AlignLeft, index.data(QueueModel::detail_role).toString());
  if (!index.data(QueueModel::running_role).toBool()) return;
  const QRectF track(rect.left() + 12, rect.bottom() - 4, rect.width() - 24, 3);
  ui::paint_box(*painter, track, 1.5, palette.border);
  QRectF done = track;
  done.setWidth(track.width() * index.data(QueueModel::progress_role).toDouble());
  ui::paint_box(*painter, done, 1.5, palette.accent);
}

QueuePopup::QueuePopup(CreateController* controller, QWidget* parent)
    : Card(Ground::surface, parent, Qt::Popup),
      controller_(controller),
      list_(new QListView(this)),
      empty_(new QLabel(tr("Nothing runs and nothing waits."), this)),
      left_(new QLabel(this)),
      up_(new QPushButton(tr("Up"), this)),
      down_(new QPushButton(tr("Down"), this)),
      cancel_(new QPushButton(tr("Cancel"), this)) {
  setObjectName(QStringLiteral("queuePopup"));
  setAccessibleName(tr("Queue"));
  setFixedWidth(queue_width);
  list_->setModel(controller->queue());
  list_->setItemDelegate(new QueueDelegate(list_));
  list_->setFrameShape(QFrame::NoFrame);
  list_->setMouseTracking(true);
  list_->setUniformItemSizes(true);
  list_->setDragDropMode(QAbstractItemView::InternalMove);
  list_->setDefaultDropAction(Qt::MoveAction);
  list_->setAccessibleName(tr("Jobs"));
  list_->setObjectName(QStringLiteral("queueList"));
  list_->installEventFilter(this);
  empty_->setMargin(16);
  for (QLabel* label : {empty_, left_}) label->setForegroundRole(QPalette::PlaceholderText);
  left_->setFont(ui::text_font(ui::TextSize::caption));
  up_->setToolTip(tr("Run earlier (Alt+Up)"));
  down_->setToolTip(tr("Run later (Alt+Down)"));
  cancel_->setToolTip(tr("Cancel this job (Del)"));
  auto* buttons = new QHBoxLayout;
  buttons->setContentsMargins(12, 4, 12, 12);
  buttons->addWidget(left_, 1);
  for (QPushButton* button : {up_, down_, cancel_}) {
    button->setAutoDefault(false);
    buttons->addWidget(button);
  }
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(4, 8, 4, 0);
  column->addWidget(list_);
  column->addWidget(empty_);
  column->addLayout(buttons);
  connect(up_, &QPushButton::clicked, this, [this] { move(-1); });
  connect(down_, &QPushButton::clicked, this, [this] { move(1); });
  connect(cancel_, &QPushButton::clicked, this, &QueuePopup::cancel_current);
  connect(list_->selectionModel(), &QItemSelectionModel::currentChanged, this, [this](const QModelIndex& at) {
    if (at.isValid()) current_ = at.data(QueueModel::id_role).toString();
    refresh();
  });
  connect(controller->queue(), &QAbstractItemModel::modelReset, this, &QueuePopup::refresh);
  connect(controller->queue(), &QAbstractItemModel::rowsMoved, this, &QueuePopup::refresh);
  connect(controller->queue(), &QAbstractItemModel::dataChanged, this, &QueuePopup::refresh);
  refresh();
}

void QueuePopup::refresh() {
  QueueModel* queue = controller_->queue();
  const int rows = queue->rowCount();
  if (!list_->currentIndex().isValid() && rows > 0) {
    int row = 0;
    for (int i = 0; i < rows; ++i)
      if (queue->index(i).data(QueueModel::id_role).toString() == current_) row = i;
    list_->setCurrentIndex(queue->index(row));
  }
  list_->setVisible(rows > 0);
  empty_->setVisible(rows == 0);
  list_->setFixedHeight(std::min(7, std::max(1, rows)) * queue_row_height + 4);
  const QModelIndex at = list_->currentIndex();
  const bool waits = at.isValid() && !at.data(QueueModel::running_role).toBool();
  const int first = rows - queue->waiting();
  up_->setEnabled(waits && at.row() > first);
  down_->setEnabled(waits && at.row() + 1 < rows);
  cancel_->setEnabled(at.isValid());
  const double seconds = queue->seconds_left();
  left_->setText(seconds > 0 ? tr("≈ %1 in all").arg(ui::format_duration_s(seconds)) : QString());
  if (isVisible()) adjustSize();
}

void QueuePopup::move(int by) {
  controller_->queue()->move(list_->currentIndex().row(), by);
}

void QueuePopup::cancel_current() {
  const QString job = list_->currentIndex().data(QueueModel::id_role).toString();
  if (!job.isEmpty()) controller_->cancel(job);
}

void QueuePopup::open_below(QWidget* anchor) {
  refresh();
  adjustSize();
  QPoint at = anchor->mapToGlobal(QPoint(anchor->width() - width(), anchor->height() + 4));
  const QRect room = anchor->screen()->availableGeometry();
  at.setX(std::clamp(at.x(), room.left(), std::max(room.left(), room.right() - width())));
  at.setY(std::clamp(at.y(), room.top(), std::max(room.top(), room.bottom() - height())));
  QWidget::move(at);
  show();
  list_->setFocus();
}

bool QueuePopup::eventFilter(QObject* watched, QEvent* event) {
  if (watched == list_ && event->type() == QEvent::KeyPress) {
    const auto* key = static_cast<QKeyEvent*>(event);
    if (key->key() == Qt::Key_Delete) return cancel_current(), true;
    if (key->modifiers() == Qt::AltModifier && key->key() == Qt::Key_Up) return move(-1), true;
    if (key->modifiers() == Qt::AltModifier && key->key() == Qt::Key_Down) return move(1), true;
  }
  return Card::eventFilter(watched, event);
}

}  // namespace diptych::create
