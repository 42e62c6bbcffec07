#include "ui/panels/create/gallery_pane.h"

#include <QKeyEvent>
#include <QListView>
#include <QToolButton>

#include "ui/panels/create/gallery_delegate.h"
#include "ui/panels/create/gallery_model.h"

namespace diptych::create {
namespace {

constexpr int widest_cell = 144;

}  // namespace

GalleryPane::GalleryPane(GalleryModel* model, QWidget* parent)
    : SearchList(parent), model_(model), delegate_(new GalleryDelegate(this)) {
  setObjectName(QStringLiteral("galleryPane"));
  build();
  const auto ask = [this] { model_->set_query(search(), button()->isChecked()); };
  connect(this, &SearchList::search_changed, this, ask);
  connect(button(), &QToolButton::toggled, this, ask);
  connect(list()->selectionModel(), &QItemSelectionModel::currentChanged, this, [this](const QModelIndex& index) {
    const QString id = index.data(GalleryModel::id_role).toString();
    if (id.isEmpty() || id == shown_) return;
    shown_ = id;
    emit activated(id);
  });
  connect(list(), &QListView::clicked, this, [this](const QModelIndex& index) {
    emit activated(index.data(GalleryModel::id_role).toString());  // once more: a preview may stand in its place
  });
  connect(list(), &QListView::customContextMenuRequested, this, [this](const QPoint& at) {
    const QString id = list()->indexAt(at).data(GalleryModel::id_role).toString();
    if (!id.isEmpty()) emit menu_requested(id, list()->viewport()->mapToGlobal(at));
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
  name_search(tr("Search prompts"), tr("Search the gallery"));
  name_button(QStringLiteral("star"), tr("Favourites only"), tr("Favourites only"));
  name_list(tr("Gallery"));
  set_list_margins({8, 0, 0, 0});
  button()->setCheckable(true);
  button()->setObjectName(QStringLiteral("favouritesOnly"));
  QListView* view = list();
  view->setObjectName(QStringLiteral("galleryList"));
  view->setModel(model_);
  view->setItemDelegate(delegate_);
  view->setViewMode(QListView::IconMode);
  view->setMovement(QListView::Static);
  view->setResizeMode(QListView::Adjust);
  view->setUniformItemSizes(true);
  view->setLayoutMode(QListView::Batched);
  view->setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOn);  // one that comes and goes would change the columns
  view->viewport()->installEventFilter(this);
}

void GalleryPane::fit_cells() {
  const int width = list()->viewport()->width() - 1;
  const int columns = std::max(2, (width + widest_cell - 1) / widest_cell);
  const int side = std::max(48, width / columns);
  delegate_->set_cell({side, side});
  if (list()->gridSize() != QSize(side, side)) list()->setGridSize({side, side});
}

void GalleryPane::set_current(const QString& id) {
  shown_ = id;
  const QModelIndex index = model_->index_of(id);
  if (index.isValid()) {
    list()->setCurrentIndex(index);
    list()->scrollTo(index);
  } else {
    list()->selectionModel()->clear();
  }
}

QString GalleryPane::current() const {
  return list()->currentIndex().data(GalleryModel::id_role).toString();
}

void GalleryPane::update_empty() {
  const GalleryQuery& query = model_->query();
  show_empty(model_->rowCount() == 0, !query.search.isEmpty() ? tr("Nothing found for “%1”.").arg(query.search)
                                      : query.favourites
                                          ? tr("No favourites yet.\nThe star above a picture makes it one.")
                                          : tr("No pictures yet.\nWrite a prompt and press Generate."));
}

bool GalleryPane::list_key(QKeyEvent* event) {
  if (current().isEmpty()) return false;
  switch (event->key()) {
    case Qt::Key_Delete:
      return emit remove_requested(current()), true;
    case Qt::Key_F:
      return emit favourite_requested(current()), true;
    case Qt::Key_Return:
    case Qt::Key_Enter:
      return emit activated(current()), true;
    default:
      return false;
  }
}

bool GalleryPane::eventFilter(QObject* watched, QEvent* event) {
  if (watched == list()->viewport() && event->type() == QEvent::Resize) fit_cells();
  return SearchList::eventFilter(watched, event);
}

}  // namespace diptych::create
