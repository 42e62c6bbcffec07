#include "ui/widgets/command_palette.h"

#include <QAction>
#include <QApplication>
#include <QKeyEvent>
#include <QLineEdit>
#include <QListView>
#include <QPainter>
#include <QStyledItemDelegate>
#include <QVBoxLayout>
#include <algorithm>

#include "ui/theme/style.h"
#include "ui/theme/style_paint.h"
#include "ui/theme/theme.h"
#include "ui/theme/typography.h"
#include "ui/widgets/fuzzy.h"

namespace diptych::ui {
namespace {

constexpr int row_height = 36;  // px
constexpr int most_rows = 10;

class CommandDelegate : public QStyledItemDelegate {
 public:
  using QStyledItemDelegate::QStyledItemDelegate;

  QSize sizeHint(const QStyleOptionViewItem&, const QModelIndex&) const override { return {200, row_height}; }

  void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override {
    const Palette& palette = theme_palette();
    const PainterScope scope(*painter);
    const QRect row = option.rect.adjusted(0, 1, 0, -1);
    if (option.state.testFlag(QStyle::State_Selected))
      paint_box(*painter, row, 6, palette.selection);
    else if (option.state.testFlag(QStyle::State_MouseOver))
      paint_box(*painter, row, 6, palette.hover);
    const bool enabled = index.flags().testFlag(Qt::ItemIsEnabled);
    const QRect inner = row.adjusted(12, 0, -12, 0);
    const QString keys = index.data(CommandModel::shortcut_role).toString();
    painter->setFont(text_font(TextSize::caption));
    const int keys_width = painter->fontMetrics().horizontalAdvance(keys);
    painter->setPen(palette.secondary);
    painter->drawText(inner, Qt::AlignRight | Qt::AlignVCenter, keys);
    painter->setFont(text_font(TextSize::body));
    painter->setPen(enabled ? palette.text : palette.control);
    const QString text = painter->fontMetrics().elidedText(index.data(Qt::DisplayRole).toString(), Qt::ElideRight,
                                                           inner.width() - keys_width - 16);
    painter->drawText(inner, Qt::AlignLeft | Qt::AlignVCenter, text);
  }
};

QString plain_text(const QAction& action) {
  QString text = action.text();
  return text.remove(QLatin1Char('&'));
}

}  // namespace

void CommandModel::set_actions(const QList<QAction*>& actions) {
  actions_.clear();
  for (QAction* action : actions) {
    if (action->isVisible() && !action->isSeparator() && !action->text().isEmpty()) actions_ << action;
  }
  set_filter({});
}

void CommandModel::set_filter(const QString& text) {
  filter_ = text;
  std::vector<std::pair<int, QPointer<QAction>>> found;
  for (const QPointer<QAction>& action : actions_) {
    if (!action) continue;
    if (const auto score = fuzzy_score(text, plain_text(*action)))
      found.emplace_back(*score + (action->isEnabled() ? 0 : -1000), action);
  }
  if (!text.isEmpty()) std::ranges::stable_sort(found, std::greater<>(), &decltype(found)::value_type::first);
  beginResetModel();
  shown_.clear();
  for (const auto& [score, action] : found) shown_ << action;
  endResetModel();
}

QAction* CommandModel::action(const QModelIndex& index) const {
  return index.isValid() && index.row() < shown_.size() ? shown_[index.row()].data() : nullptr;
}

int CommandModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(shown_.size());
}

QVariant CommandModel::data(const QModelIndex& index, int role) const {
  const QAction* found = action(index);
  if (!found) return {};
  if (role == Qt::DisplayRole || role == Qt::AccessibleTextRole) return plain_text(*found);
  if (role == shortcut_role || role == Qt::AccessibleDescriptionRole)
    return found->shortcut().toString(QKeySequence::NativeText);
  return {};
}

CommandPalette::CommandPalette(QWidget* window)
    : QFrame(window), field_(new QLineEdit(this)), list_(new QListView(this)) {
  setAccessibleName(tr("Command palette"));
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(grid, grid, grid, grid);
  column->setSpacing(grid);
  field_->setPlaceholderText(tr("Type a command"));
  field_->setAccessibleName(tr("Command"));
  field_->setFont(text_font(TextSize::reading));
  field_->setMinimumHeight(40);
  list_->setModel(&model_);
  list_->setItemDelegate(new CommandDelegate(list_));
  list_->setFrameShape(QFrame::NoFrame);
  list_->setUniformItemSizes(true);
  list_->setMouseTracking(true);
  list_->setFocusPolicy(Qt::NoFocus);
  list_->setAccessibleName(tr("Matching commands"));
  column->addWidget(field_);
  column->addWidget(list_, 1);
  field_->installEventFilter(this);
  window->installEventFilter(this);
  connect(field_, &QLineEdit::textChanged, this, [this](const QString& text) {
    model_.set_filter(text);
    list_->setCurrentIndex(model_.index(0));
    place();
  });
  connect(list_, &QListView::clicked, this, &CommandPalette::choose);
  hide();
}

void CommandPalette::open(const QList<QAction*>& actions) {
  if (!isVisible()) focus_before_ = QApplication::focusWidget();
  model_.set_actions(actions);
  field_->clear();
  list_->setCurrentIndex(model_.index(0));
  place();
  show();
  raise();
  field_->setFocus();
}

bool CommandPalette::eventFilter(QObject* watched, QEvent* event) {
  if (watched == parent() && event->type() == QEvent::Resize && isVisible()) place();
  if (watched == field_ && event->type() == QEvent::FocusOut && isVisible() && QApplication::focusWidget()) hide();
  if (watched == field_ && (event->type() == QEvent::KeyPress || event->type() == QEvent::ShortcutOverride)) {
    const auto* key = static_cast<QKeyEvent*>(event);
    const bool press = event->type() == QEvent::KeyPress;
    switch (key->key()) {
      case Qt::Key_Escape:
        if (press) leave();
        event->accept();
        return true;
      case Qt::Key_Return:
      case Qt::Key_Enter:
        if (press) choose(list_->currentIndex());
        event->accept();
        return true;
      case Qt::Key_Down:
      case Qt::Key_Up:
      case Qt::Key_PageDown:
      case Qt::Key_PageUp:
        if (press) QCoreApplication::sendEvent(list_, event);
        event->accept();
        return true;
      default:
        break;
    }
  }
  return QFrame::eventFilter(watched, event);
}

void CommandPalette::choose(const QModelIndex& index) {
  QPointer<QAction> chosen = model_.action(index);
  if (!chosen || !chosen->isEnabled()) return;
  leave();  // first: the action may move the focus
  chosen->trigger();
}

void CommandPalette::leave() {
  const QPointer<QWidget> before = focus_before_;
  hide();
  if (before) before->setFocus();
}

void CommandPalette::place() {
  const QSize room = parentWidget()->size();
  const int wide = std::min(600, room.width() - 4 * grid);
  const int rows = std::clamp(model_.rowCount(), 1, most_rows);
  const int high = field_->minimumHeight() + 3 * grid + rows * row_height + 4;
  setGeometry((room.width() - wide) / 2, room.height() / 9, wide, std::min(high, room.height() * 7 / 10));
}

void CommandPalette::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  const Palette& palette = theme_palette();
  painter.fillRect(rect(), palette.background);
  paint_box(painter, rect(), radius, palette.surface, palette.control);
}

}  // namespace diptych::ui
