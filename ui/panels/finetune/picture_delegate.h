// One picture of the data with its caption below, which is edited in its place.
#pragma once

#include <QStyledItemDelegate>

namespace diptych::finetune {

class PictureDelegate : public QStyledItemDelegate {
  Q_OBJECT

 public:
  static constexpr int cell_width = 168, cell_height = 216;  // px
  static constexpr int caption_height = 60;

  using QStyledItemDelegate::QStyledItemDelegate;

  QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override;
  void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override;
  QWidget* createEditor(QWidget* parent, const QStyleOptionViewItem& option, const QModelIndex& index) const override;
  void setEditorData(QWidget* editor, const QModelIndex& index) const override;
  void setModelData(QWidget* editor, QAbstractItemModel* model, const QModelIndex& index) const override;
  void updateEditorGeometry(QWidget* editor, const QStyleOptionViewItem& option,
                            const QModelIndex& index) const override;

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;
};

}  // namespace diptych::finetune
