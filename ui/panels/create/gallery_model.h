// The pictures that were made, latest first. Pages are fetched as the list is scrolled, thumbnails as they are painted.
#pragma once

#include <QAbstractListModel>
#include <QCache>
#include <QPixmap>
#include <QSet>
#include <vector>

#include "ui/panels/create/create_service.h"

namespace diptych::create {

class GalleryModel : public QAbstractListModel {
  Q_OBJECT

 public:
  enum DataRole { id_role = Qt::UserRole + 1, favourite_role };

  explicit GalleryModel(CreateService* service, QObject* parent = nullptr);  // `service` must outlive it

  void set_query(const QString& search, bool favourites);
  void refresh();
  const GalleryQuery& query() const { return query_; }
  bool loading() const { return loading_; }

  int rowCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;
  bool canFetchMore(const QModelIndex& parent) const override;
  void fetchMore(const QModelIndex& parent) override;

  const api::ImageInfo* image(const QString& id) const;
  const api::ImageInfo* image(int row) const;
  QModelIndex index_of(const QString& id) const;
  void hide(const QString& id);  // at once; the host is told by whoever hides it

 signals:
  void thumbnail_needed(const QString& id) const;

 private:
  void listed(const GalleryQuery& query, const api::ImageList& list);
  void changed(const api::ImageInfo& image);
  bool shows(const api::ImageInfo& image) const;
  int row_of(const QString& id) const;

  CreateService* service_;
  GalleryQuery query_;
  std::vector<api::ImageInfo> images_;
  QSet<QString> hidden_;  // that may come back
  bool more_ = false, loading_ = false;
  mutable QCache<QString, QPixmap> thumbnails_;
};

}  // namespace diptych::create
