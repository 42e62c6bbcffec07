// A row of two lines, and a word at its right: bases, runs and drafts.
#pragma once

#include <QStyledItemDelegate>

namespace diptych::finetune {

class RowDelegate : public QStyledItemDelegate {
  Q_OBJECT

 public:
  // The roles of the second line and of the word; `enabled_role`: bool, rows without it are pale. 0: none.
  struct Roles {
    int detail = 0, word = 0, enabled = 0, progress = 0;  // progress: 0 to 1, no bar where it is no number
  };
  RowDelegate(const Roles& roles, QObject* parent);

  QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override;
  void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override;

 private:
  Roles roles_;
};

}  // namespace diptych::finetune
