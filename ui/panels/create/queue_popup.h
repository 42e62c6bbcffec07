// What runs and what waits: moved by dragging or with Alt and the arrows, cancelled with Del.
#pragma once

#include <QStyledItemDelegate>

#include "ui/widgets/card.h"

class QLabel;
class QListView;
class QPushButton;

namespace diptych::create {

class CreateController;

class QueueDelegate : public QStyledItemDelegate {
  Q_OBJECT

 public:
  using QStyledItemDelegate::QStyledItemDelegate;
  QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override;
  void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override;
};

class QueuePopup : public ui::Card {
  Q_OBJECT

 public:
  explicit QueuePopup(CreateController* controller, QWidget* parent = nullptr);  // `controller` must outlive it

  void open_below(QWidget* anchor);
  QListView* list() const { return list_; }

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  void refresh();
  void move(int by);
  void cancel_current();

  CreateController* controller_;
  QListView* list_;
  QLabel* empty_;
  QLabel* left_;
  QPushButton* up_;
  QPushButton* down_;
  QPushButton* cancel_;
  QString current_;  // selected again after the list was read anew
};

}  // namespace diptych::create
