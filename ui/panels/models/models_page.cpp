#include "ui/panels/models/models_page.h"

#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QPainter>
#include <QPushButton>
#include <QStackedWidget>
#include <QStyledItemDelegate>
#include <QTableView>

#include "ui/theme/icons.h"
#include "ui/theme/style.h"
#include "ui/theme/theme.h"
#include "ui/theme/typography.h"
#include "ui/widgets/empty_state.h"

namespace diptych::ui {
namespace {

constexpr int row_height = 40;
constexpr int cell_padding = 12;
constexpr int least_name_width = 200;
// What leaves first where there is little room; the details say it all anyway.
constexpr int leaves_first[]{ModelTable::licence, ModelTable::parameters,   ModelTable::family,
                             ModelTable::size,    ModelTable::quantization, ModelTable::kind};

// Roomy cells, and one ring around the row instead of one around a cell.
class RowDelegate : public QStyledItemDelegate {
 public:
  using QStyledItemDelegate::QStyledItemDelegate;
  QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override {
    return QStyledItemDelegate::sizeHint(option, index) + QSize(2 * cell_padding, 0);
  }
  void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override {
    const Palette& palette = theme_palette();
    QStyleOptionViewItem cell = option;
    initStyleOption(&cell, index);
    if (cell.state.testFlag(QStyle::State_Selected))
      painter->fillRect(option.rect, palette.selection);
    else if (cell.state.testFlag(QStyle::State_MouseOver))
      painter->fillRect(option.rect, palette.hover);
    painter->fillRect(option.rect.left(), option.rect.bottom(), option.rect.width(), 1, palette.border);
    painter->setFont(cell.font);
    painter->setPen(index.column() == ModelTable::name ? palette.text : palette.secondary);
    const QRect room = option.rect.adjusted(cell_padding, 0, -cell_padding, 0);
    painter->drawText(room, static_cast<int>(cell.displayAlignment),
                      cell.fontMetrics.elidedText(cell.text, Qt::ElideMiddle, room.width()));
    const bool current = cell.widget && cell.widget->hasFocus() && cell.state.testFlag(QStyle::State_Selected);
    if (current && index.column() == ModelTable::name)
      painter->fillRect(option.rect.left(), option.rect.top(), 3, option.rect.height() - 1, palette.accent);
  }
};

// A view that tells how wide a column would like to be.
class Table : public QTableView {
 public:
  using QTableView::QTableView;
  int wanted_width(int column) const {
    return std::max(sizeHintForColumn(column), horizontalHeader()->sectionSizeHint(column));
  }
};

}  // namespace

ModelsPage::ModelsPage(ModelTable* table, QWidget* parent)
    : QWidget(parent),
      table_(table),
      filter_(new QLineEdit(this)),
      view_(new Table(this)),
      stack_(new QStackedWidget(this)),
      empty_(new EmptyState(QStringLiteral("models"), tr("No models yet"),
                            tr("Open a GGUF file or a model folder, or drop one on the window."), this)) {
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(3 * grid, 2 * grid, 3 * grid, 2 * grid);
  column->setSpacing(2 * grid);
  auto* head = new QHBoxLayout;
  auto* title = new QLabel(tr("Models"), this);
  title->setFont(text_font(TextSize::title, QFont::DemiBold));
  filter_->setPlaceholderText(tr("Filter models"));
  filter_->setAccessibleName(tr("Filter models"));
  filter_->setClearButtonEnabled(true);
  filter_->addAction(icon(QStringLiteral("search")), QLineEdit::LeadingPosition);
  filter_->setMaximumWidth(240);
  auto* file = new QPushButton(tr("Open file…"), this);
  auto* folder = new QPushButton(tr("Open folder…"), this);
  head->addWidget(title);
  head->addStretch(1);
  head->addWidget(filter_, 1);
  head->addWidget(file);
  head->addWidget(folder);
  column->addLayout(head);
  build_table();
  stack_->addWidget(view_);
  stack_->addWidget(empty_);
  QPushButton* open = empty_->add_action(tr("Open file…"));
  column->addWidget(stack_, 1);
  connect(open, &QPushButton::clicked, this, &ModelsPage::open_file_requested);
  connect(file, &QPushButton::clicked, this, &ModelsPage::open_file_requested);
  connect(folder, &QPushButton::clicked, this, &ModelsPage::open_folder_requested);
  connect(filter_, &QLineEdit::textChanged, this, [this](const QString& text) {
    sorted_.setFilterFixedString(text);
    update_empty();
  });
  update_empty();
}

void ModelsPage::build_table() {
  sorted_.setSourceModel(table_);
  sorted_.setSortRole(ModelTable::sort_role);
  sorted_.setFilterCaseSensitivity(Qt::CaseInsensitive);
  sorted_.setFilterKeyColumn(-1);
  view_->setModel(&sorted_);
  view_->setSortingEnabled(true);
  view_->sortByColumn(ModelTable::last_used, Qt::DescendingOrder);
  view_->setSelectionBehavior(QAbstractItemView::SelectRows);
  view_->setSelectionMode(QAbstractItemView::SingleSelection);
  view_->setEditTriggers(QAbstractItemView::NoEditTriggers);
  view_->setItemDelegate(new RowDelegate(view_));
  view_->setShowGrid(false);
  view_->setFrameShape(QFrame::NoFrame);
  view_->setTabKeyNavigation(false);
  view_->setWordWrap(false);
  view_->setHorizontalScrollMode(QAbstractItemView::ScrollPerPixel);
  view_->setAccessibleName(tr("Models"));
  view_->verticalHeader()->hide();
  view_->verticalHeader()->setDefaultSectionSize(row_height);
  QHeaderView* header = view_->horizontalHeader();
  header->setHighlightSections(false);
  header->setSectionResizeMode(QHeaderView::ResizeToContents);
  header->setSectionResizeMode(ModelTable::name, QHeaderView::Stretch);
  header->setMinimumSectionSize(72);
  connect(view_->selectionModel(), &QItemSelectionModel::currentRowChanged, this, [this](const QModelIndex& current) {
    key_ = current.data(ModelTable::key_role).toString();
    emit selected(key_);
  });
  connect(view_, &QAbstractItemView::activated, this,
          [this](const QModelIndex& index) { emit activated(index.data(ModelTable::key_role).toString()); });
  connect(&sorted_, &QAbstractItemModel::modelReset, this, [this] {
    update_empty();
    select(key_);
  });
  connect(&sorted_, &QAbstractItemModel::dataChanged, this, [this] {
    fit_columns();
    emit selected(key_);  // its figures may have changed
  });
}

QString ModelsPage::selected_key() const {
  return key_;
}

void ModelsPage::select(const QString& key) {
  for (int row = 0; row < sorted_.rowCount(); ++row) {
    const QModelIndex index = sorted_.index(row, 0);
    if (row == 0 && key.isEmpty()) return view_->setCurrentIndex(index);
    if (index.data(ModelTable::key_role).toString() == key) return view_->setCurrentIndex(index);
  }
  if (sorted_.rowCount() > 0)
    view_->setCurrentIndex(sorted_.index(0, 0));
  else
    emit selected({});
}

void ModelsPage::focus_table() {
  view_->setFocus(Qt::OtherFocusReason);
}

void ModelsPage::set_connected(bool connected) {
  connected_ = connected;
  update_empty();
}

void ModelsPage::focus_filter() {
  filter_->setFocus(Qt::ShortcutFocusReason);
  filter_->selectAll();
}

void ModelsPage::update_empty() {
  const bool none = table_->rowCount() == 0;
  stack_->setCurrentIndex(sorted_.rowCount() > 0 ? 0 : 1);
  if (none && !connected_)
    empty_->set_text(tr("The engine does not run"), tr("Models are listed as soon as it does."));
  else
    empty_->set_text(none ? tr("No models yet") : tr("No model matches"),
                     none ? tr("Open a GGUF file or a model folder, or drop one on the window.")
                          : tr("Change the filter, or open a file that is not listed."));
  fit_columns();
}

void ModelsPage::resizeEvent(QResizeEvent* event) {
  QWidget::resizeEvent(event);
  fit_columns();
}

void ModelsPage::fit_columns() {
  const auto* view = static_cast<const Table*>(view_);
  for (const int column : leaves_first) view_->setColumnHidden(column, false);
  int room = view_->viewport()->width() - least_name_width;
  for (int column = ModelTable::name + 1; column < ModelTable::column_count; ++column)
    room -= view->wanted_width(column);
  for (const int column : leaves_first) {
    if (room >= 0) break;
    room += view->wanted_width(column);
    view_->setColumnHidden(column, true);
  }
}

}  // namespace diptych::ui
