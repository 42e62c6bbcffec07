// The pictures of a plot as a table: columns along the first axis, rows along the second, one page per value of the
// third.
#pragma once

#include <QAbstractTableModel>
#include <QHash>
#include <QPixmap>

#include "ui/panels/create/create_service.h"

namespace diptych::create {

class PlotGridModel : public QAbstractTableModel {
  Q_OBJECT

 public:
  explicit PlotGridModel(CreateService* service, QObject* parent = nullptr);  // `service` must outlive it

  void set_plot(const api::Plot& plot);
  const api::Plot& plot() const { return plot_; }
  void set_page(int page);
  int pages() const { return values_of(2); }
  QString page_title(int page) const;
  QString image_at(const QModelIndex& index) const;  // id; empty: not made yet
  int made() const;

  int rowCount(const QModelIndex& parent = {}) const override;
  int columnCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;
  QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

 private:
  int values_of(size_t axis) const;  // 1 where there is no such axis
  const api::PlotCell* cell(const QModelIndex& index) const;

  CreateService* service_;
  api::Plot plot_;
  int page_ = 0;
  QHash<QString, QPixmap> thumbnails_;
};

}  // namespace diptych::create
