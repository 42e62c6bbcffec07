#include "ui/panels/create/gallery_pane.h"

#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QScrollBar>
#include <QStackedWidget>
#include <QTimer>
#include <QToolButton>

#include "ui/panels/create/gallery_delegate.h"
#include "ui/panels/create/gallery_model.h"
#include "ui/theme/icons.h"

namespace diptych::create {
namespace {

constexpr int typing_pause_ms = 150;
constexpr int widest_cell = 144;

}  // namespace

GalleryPane::GalleryPane(GalleryModel* model, QWidget* parent)
    : QWidget(parent),
      model_(model),
      delegate_(new GalleryDelegate(this)),
      search_(new QLineEdit(this)),
      favourites_(new QToolButton(this)),
      list_(new QListView(this)),
      empty_(new QLabel(this)),
      stack_(new QStackedWidget(this)),
      search_timer_(new QTimer(this)) {
  setObjectName(QStringLiteral("galleryPane"));
  setBackgroundRole(QPalette::Base);
  setAutoFillBackground(true);
  build();
  search_timer_->setSingleShot(true);
  search_timer_->setInterval(typing_pause_ms);
  const auto ask = [this] { model_->set_query(search_->text().trimmed(), favourites_->isChecked()); };
  connect(search_timer_, &QTimer::timeout, this, ask);
  connect(search_, &QLineEdit::textChanged, search_timer_, qOverload<>(&QTimer::start));
  connect(favourites_, &QToolButton::toggled, this, ask);
  connect(list_->selectionModel(), &QItemSelectionModel::currentChanged, this, [this](const QModelIndex& index) {
    const QString id = index.data(GalleryModel::id_role).toString();
    if (id.isEmpty() || id == shown_) return;
    shown_ = id;
    emit activated(id);
  });
  connect(list_, &QListView::clicked, this, [this](const QModelIndex& index) {
    emit activated(index.data(GalleryModel::id_role).toString());  // once more: a preview may stand in its place
  });
  connect(list_, &QListView::customContextMenuRequested, this, [this](const QPoint& at) {
    const QString id = list_->indexAt(at).data(GalleryModel::id_role).toString();
    if (!id.isEmpty()) emit menu_requested(id, list_->viewport()->mapToGlobal(at));
  });
  connect(model, &QAbstractItemModel::modelReset, this, [this] {
    set_current(shown_);
    update_empty();
  });
  connect(model, &QAbstractItemModel::rowsInserted, this, &GalleryPane::update_empty);
  connect(model, &QAbstractItemModel::rowsRemoved, this, &GalleryPane::update_empty);
  update_empty();
}

void GalleryPane::build() {
  search_->setPlaceholderText(tr("Search prompts"));
  search_->setAccessibleName(tr("Search the gallery"));
  search_->setClearButtonEnabled(true);
  search_->addAction(ui::icon("search"), QLineEdit::LeadingPosition);
  search_->installEventFilter(this);
  favourites_->setIcon(ui::icon("star"));
  favourites_->setCheckable(true);
  favourites_->setAutoRaise(true);
  favourites_->setFixedSize(32, 32);
  favourites_->setToolTip(tr("Favourites only"));
  favourites_->setAccessibleName(tr("Favourites only"));
  favourites_->setObjectName(QStringLiteral("favouritesOnly"));
  list_->setModel(model_);
  list_->setItemDelegate(delegate_);
  list_->setViewMode(QListView::IconMode);
  list_->setMovement(QListView::Static);
  list_->setResizeMode(QListView::Adjust);
  list_->setUniformItemSizes(true);
  list_->setLayoutMode(QListView::Batched);
  list_->setFrameShape(QFrame::NoFrame);
  list_->setMouseTracking(true);
  list_->setVerticalScrollMode(QAbstractItemView::ScrollPerPixel);
  list_->setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOn);  // one that comes and goes would change the columns
  list_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  list_->setContextMenuPolicy(Qt::CustomContextMenu);
  list_->setAccessibleName(tr("Gallery"));
  list_->setObjectName(QStringLiteral("galleryList"));
  list_->installEventFilter(this);
  list_->viewport()->installEventFilter(this);
  empty_->setWordWrap(true);
  empty_->setAlignment(Qt::AlignHCenter | Qt::AlignTop);
  empty_->setMargin(24);
  empty_->setObjectName(QStringLiteral("emptyGallery"));
  empty_->setForegroundRole(QPalette::PlaceholderText);
  auto* frame = new QWidget(this);
  auto* inside = new QVBoxLayout(frame);
  inside->setContentsMargins(8, 0, 0, 0);
  inside->addWidget(list_);
  stack_->addWidget(frame);
  stack_->addWidget(empty_);
  auto* top = new QHBoxLayout;
  top->setContentsMargins(12, 12, 8, 8);
  top->addWidget(search_, 1);
  top->addWidget(favourites_);
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(0);
  layout->addLayout(top);
  layout->addWidget(stack_, 1);
}

void GalleryPane::fit_cells() {
  const int width = list_->viewport()->width() - 1;
  const int columns = std::max(2, (width + widest_cell - 1) / widest_cell);
  const int side = std::max(48, width / columns);
  delegate_->set_cell({side, side});
  if (list_->gridSize() != QSize(side, side)) list_->setGridSize({side, side});
}

void GalleryPane::set_current(const QString& id) {
  shown_ = id;
  const QModelIndex index = model_->index_of(id);
  if (index.isValid()) {
    list_->setCurrentIndex(index);
    list_->scrollTo(index);
  } else {
    list_->selectionModel()->clear();
  }
}

QString GalleryPane::current() const {
  return list_->currentIndex().data(GalleryModel::id_role).toString();
}

void GalleryPane::focus_search() {
  search_->setFocus(Qt::ShortcutFocusReason);
  search_->selectAll();
}

void GalleryPane::update_empty() {
  const bool searching = !model_->query().search.isEmpty();
  empty_->setText(searching                    ? tr("Nothing found for “%1”.").arg(model_->query().search)
                  : model_->query().favourites ? tr("No favourites yet.\nThe star above a picture makes it one.")
                                               : tr("No pictures yet.\nWrite a prompt and press Generate."));
  stack_->setCurrentIndex(model_->rowCount() > 0 ? 0 : 1);
}

bool GalleryPane::eventFilter(QObject* watched, QEvent* event) {
  if (watched == list_->viewport() && event->type() == QEvent::Resize) fit_cells();
  if (event->type() == QEvent::KeyPress) {
    const int key = static_cast<QKeyEvent*>(event)->key();
    if (watched == search_ && key == Qt::Key_Down) {
      list_->setFocus(Qt::TabFocusReason);
      return true;
    }
    if (watched == search_ && key == Qt::Key_Escape && !search_->text().isEmpty()) {
      search_->clear();
      return true;
    }
    if (watched == list_ && !current().isEmpty()) {
      if (key == Qt::Key_Delete) return emit remove_requested(current()), true;
      if (key == Qt::Key_F) return emit favourite_requested(current()), true;
      if (key == Qt::Key_Return || key == Qt::Key_Enter) return emit activated(current()), true;
    }
  }
  return QWidget::eventFilter(watched, event);
}

}  // namespace diptych::create
