#include "ui/panels/create/plot_grid_model.h"

#include <algorithm>

#include "ui/client/text.h"
#include "ui/panels/create/plot_labels.h"

namespace diptych::create {

PlotGridModel::PlotGridModel(CreateService* service, QObject* parent) : QAbstractTableModel(parent), service_(service) {
  connect(service, &CreateService::thumbnail_fetched, this, [this](const QString& id, const QImage& picture) {
    for (const api::PlotCell& one : plot_.cells) {
      if (ui::qt(one.image) != id) continue;
      thumbnails_.insert(id, QPixmap::fromImage(picture));
      emit dataChanged(index(0, 0), index(rowCount() - 1, columnCount() - 1), {Qt::DecorationRole});
      return;
    }
  });
}

void PlotGridModel::set_plot(const api::Plot& plot) {
  beginResetModel();
  plot_ = plot;
  page_ = std::clamp(page_, 0, pages() - 1);
  endResetModel();
  for (const api::PlotCell& one : plot_.cells)
    if (!one.image.empty() && !thumbnails_.contains(ui::qt(one.image))) service_->fetch_thumbnail(ui::qt(one.image));
}

void PlotGridModel::set_page(int page) {
  beginResetModel();
  page_ = page;
  endResetModel();
}

QString PlotGridModel::page_title(int page) const {
  return plot_label(plot_, 2, page);
}

int PlotGridModel::values_of(size_t axis) const {
  return axis < plot_.axes.size() ? std::max(1, static_cast<int>(plot_.axes[axis].values.size())) : 1;
}

const api::PlotCell* PlotGridModel::cell(const QModelIndex& index) const {
  const int wanted[]{index.column(), index.row(), page_};
  const auto found = std::ranges::find_if(plot_.cells, [&](const api::PlotCell& one) {
    for (size_t axis = 0; axis < one.at.size() && axis < std::size(wanted); ++axis)
      if (one.at[axis] != wanted[axis]) return false;
    return true;
  });
  return found == plot_.cells.end() ? nullptr : &*found;
}

QString PlotGridModel::image_at(const QModelIndex& index) const {
  const api::PlotCell* found = index.isValid() ? cell(index) : nullptr;
  return found ? ui::qt(found->image) : QString();
}

int PlotGridModel::made() const {
  return static_cast<int>(
      std::ranges::count_if(plot_.cells, [](const api::PlotCell& one) { return !one.image.empty(); }));
}

int PlotGridModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() || plot_.axes.empty() ? 0 : values_of(1);
}
int PlotGridModel::columnCount(const QModelIndex& parent) const {
  return parent.isValid() || plot_.axes.empty() ? 0 : values_of(0);
}

QVariant PlotGridModel::data(const QModelIndex& index, int role) const {
  const api::PlotCell* found = index.isValid() ? cell(index) : nullptr;
  if (!found) return {};
  switch (role) {
    case Qt::DecorationRole:
      return thumbnails_.value(ui::qt(found->image));
    case Qt::DisplayRole:
      return found->error ? tr("Not made") : found->image.empty() ? QStringLiteral("…") : QString();
    case Qt::ToolTipRole:
      if (found->error) return ui::qt(found->error->message);
      [[fallthrough]];
    case Qt::AccessibleTextRole: {
      QStringList parts{plot_label(plot_, 0, index.column()), plot_label(plot_, 1, index.row()),
                        plot_label(plot_, 2, page_)};
      parts.removeAll(QString());
      return parts.join(QStringLiteral(", "));
    }
    default:
      return {};
  }
}

QVariant PlotGridModel::headerData(int section, Qt::Orientation orientation, int role) const {
  if (role != Qt::DisplayRole && role != Qt::ToolTipRole) return {};
  return plot_label(plot_, orientation == Qt::Horizontal ? 0 : 1, section);
}

}  // namespace diptych::create
