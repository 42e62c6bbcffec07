// The table of a plot's pictures, with a page for each value of the third axis.
#pragma once

#include <QStyledItemDelegate>
#include <QWidget>

#include "ui/panels/create/plot_grid_model.h"

class QComboBox;
class QTableView;

namespace diptych::create {

class PlotCellDelegate : public QStyledItemDelegate {
  Q_OBJECT

 public:
  using QStyledItemDelegate::QStyledItemDelegate;
  void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override;
};

class PlotGrid : public QWidget {
  Q_OBJECT

 public:
  explicit PlotGrid(CreateService* service, QWidget* parent = nullptr);  // `service` must outlive it

  PlotGridModel* model() { return &model_; }
  QTableView* view() const { return view_; }
  void set_plot(const api::Plot& plot);

 signals:
  void activated(const QString& image);

 private:
  PlotGridModel model_;
  QTableView* view_;
  QComboBox* pages_;
};

}  // namespace diptych::create
