// The gallery at the left: search, favourites, thumbnails.
#pragma once

#include <QWidget>

class QLineEdit;
class QListView;
class QStackedWidget;
class QTimer;
class QToolButton;
class QLabel;

namespace diptych::create {

class GalleryDelegate;
class GalleryModel;

class GalleryPane : public QWidget {
  Q_OBJECT

 public:
  explicit GalleryPane(GalleryModel* model, QWidget* parent = nullptr);

  void set_current(const QString& id);  // without activating it
  QString current() const;
  void focus_search();
  QListView* list() const { return list_; }

 signals:
  void activated(const QString& id);
  void remove_requested(const QString& id);
  void favourite_requested(const QString& id);
  void menu_requested(const QString& id, const QPoint& global);

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  void build();
  void fit_cells();
  void update_empty();

  GalleryModel* model_;
  GalleryDelegate* delegate_;
  QLineEdit* search_;
  QToolButton* favourites_;
  QListView* list_;
  QLabel* empty_;
  QStackedWidget* stack_;
  QTimer* search_timer_;
  QString shown_;
};

}  // namespace diptych::create
