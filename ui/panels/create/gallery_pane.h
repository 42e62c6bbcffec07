// The gallery at the left: search, favourites, thumbnails.
#pragma once

#include "ui/widgets/search_list.h"

namespace diptych::create {

class GalleryDelegate;
class GalleryModel;

class GalleryPane : public ui::SearchList {
  Q_OBJECT

 public:
  explicit GalleryPane(GalleryModel* model, QWidget* parent = nullptr);

  void set_current(const QString& id);  // without activating it
  QString current() const;

 signals:
  void activated(const QString& id);
  void remove_requested(const QString& id);
  void favourite_requested(const QString& id);
  void menu_requested(const QString& id, const QPoint& global);

 protected:
  bool list_key(QKeyEvent* event) override;
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  void build();
  void fit_cells();
  void update_empty();

  GalleryModel* model_;
  GalleryDelegate* delegate_;
  QString shown_;
};

}  // namespace diptych::create
