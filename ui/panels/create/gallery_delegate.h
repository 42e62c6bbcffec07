// One picture of the gallery: its thumbnail in a rounded square, a star if it is a favourite.
#pragma once

#include <QStyledItemDelegate>

namespace diptych::create {

class GalleryDelegate : public QStyledItemDelegate {
  Q_OBJECT

 public:
  using QStyledItemDelegate::QStyledItemDelegate;
  void set_cell(QSize cell) { cell_ = cell; }
  QSize sizeHint(const QStyleOptionViewItem&, const QModelIndex&) const override { return cell_; }
  void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override;

 private:
  QSize cell_{112, 112};
};

}  // namespace diptych::create
