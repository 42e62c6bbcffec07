#include "ui/panels/create/gallery_model.h"

#include <QDateTime>
#include <QLocale>
#include <algorithm>

#include "ui/client/text.h"

namespace diptych::create {

using ui::qt;

namespace {

constexpr int kept_thumbnails = 400;

}  // namespace

GalleryModel::GalleryModel(CreateService* service, QObject* parent)
    : QAbstractListModel(parent), service_(service), thumbnails_(kept_thumbnails) {
  connect(service, &CreateService::images_listed, this, &GalleryModel::listed);
  connect(service, &CreateService::image_changed, this, &GalleryModel::changed);
  connect(service, &CreateService::image_removed, this, &GalleryModel::hide);
  connect(service, &CreateService::thumbnail_fetched, this, [this](const QString& id, const QImage& picture) {
    thumbnails_.insert(id, new QPixmap(QPixmap::fromImage(picture)));
    if (const QModelIndex at = index_of(id); at.isValid()) emit dataChanged(at, at, {Qt::DecorationRole});
  });
  // From within painting: asked for afterwards.
  connect(
      this, &GalleryModel::thumbnail_needed, this, [this](const QString& id) { service_->fetch_thumbnail(id); },
      Qt::QueuedConnection);
}

void GalleryModel::set_query(const QString& search, bool favourites) {
  if (search == query_.search && favourites == query_.favourites) return;
  query_ = {search, favourites, {}};
  refresh();
}

void GalleryModel::refresh() {
  query_.before.clear();
  loading_ = true;
  service_->list_images(query_);
}

void GalleryModel::listed(const GalleryQuery& query, const api::ImageList& list) {
  if (query != query_) return;  // another was asked for meanwhile
  loading_ = false;
  more_ = list.more;
  if (query.before.isEmpty()) {
    beginResetModel();
    images_ = list.images;
    endResetModel();
    return;
  }
  std::vector<api::ImageInfo> fresh;
  for (const api::ImageInfo& image : list.images)
    if (row_of(qt(image.id)) < 0) fresh.push_back(image);
  if (fresh.empty()) return;
  beginInsertRows({}, rowCount(), rowCount() + static_cast<int>(fresh.size()) - 1);
  images_.insert(images_.end(), fresh.begin(), fresh.end());
  endInsertRows();
}

bool GalleryModel::canFetchMore(const QModelIndex& parent) const {
  return !parent.isValid() && more_ && !loading_ && !images_.empty();
}

void GalleryModel::fetchMore(const QModelIndex&) {
  loading_ = true;
  query_.before = qt(images_.back().id);
  service_->list_images(query_);
}

bool GalleryModel::shows(const api::ImageInfo& image) const {
  return !image.deleted_ms && (!query_.favourites || image.favourite);
}

void GalleryModel::changed(const api::ImageInfo& image) {
  const int row = row_of(qt(image.id));
  if (row >= 0 && !shows(image)) return hide(qt(image.id));
  if (row >= 0) {
    images_[static_cast<size_t>(row)] = image;
    emit dataChanged(index(row), index(row));
    return;
  }
  if (!shows(image)) return;
  const bool back = hidden_.remove(qt(image.id));
  if (!query_.search.isEmpty()) {
    // What a search finds only the host knows: a new picture waits for the next search, one that comes back does not.
    if (back) refresh();
    return;
  }
  const auto place =
      std::ranges::find_if(images_, [&](const api::ImageInfo& other) { return other.created_ms <= image.created_ms; });
  if (place == images_.end() && more_) return;  // its page comes later
  const int at = static_cast<int>(place - images_.begin());
  beginInsertRows({}, at, at);
  images_.insert(place, image);
  endInsertRows();
}

void GalleryModel::hide(const QString& id) {
  const int row = row_of(id);
  if (row < 0) return;
  hidden_.insert(id);
  beginRemoveRows({}, row, row);
  images_.erase(images_.begin() + row);
  endRemoveRows();
}

int GalleryModel::row_of(const QString& id) const {
  const std::string key = ui::utf8(id);
  const auto found = std::ranges::find(images_, key, &api::ImageInfo::id);
  return found == images_.end() ? -1 : static_cast<int>(found - images_.begin());
}

QModelIndex GalleryModel::index_of(const QString& id) const {
  const int row = row_of(id);
  return row < 0 ? QModelIndex() : index(row);
}

const api::ImageInfo* GalleryModel::image(const QString& id) const {
  return image(row_of(id));
}
const api::ImageInfo* GalleryModel::image(int row) const {
  return row < 0 || row >= rowCount() ? nullptr : &images_[static_cast<size_t>(row)];
}

int GalleryModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(images_.size());
}

QVariant GalleryModel::data(const QModelIndex& index, int role) const {
  const api::ImageInfo* info = index.isValid() ? image(index.row()) : nullptr;
  if (!info) return {};
  const QString made = QLocale().toString(QDateTime::fromMSecsSinceEpoch(info->created_ms), QLocale::ShortFormat);
  const QString prompt = info->prompt.empty() ? tr("Picture without a prompt") : qt(info->prompt);
  switch (role) {
    case id_role:
      return qt(info->id);
    case favourite_role:
      return info->favourite;
    case Qt::DecorationRole: {
      if (const QPixmap* found = thumbnails_.object(qt(info->id))) return *found;
      emit thumbnail_needed(qt(info->id));
      return {};
    }
    case Qt::AccessibleTextRole:
      return info->favourite ? tr("%1, favourite").arg(prompt) : prompt;
    case Qt::AccessibleDescriptionRole:
      return tr("%1 by %2 pixels, %3").arg(info->width).arg(info->height).arg(made);
    case Qt::ToolTipRole:
      return tr("%1\n%2 × %3 · %4 · %5")
          .arg(prompt.size() > 300 ? prompt.left(300) + QStringLiteral("…") : prompt)
          .arg(info->width)
          .arg(info->height)
          .arg(qt(info->model), made);
    default:
      return {};
  }
}

}  // namespace diptych::create
