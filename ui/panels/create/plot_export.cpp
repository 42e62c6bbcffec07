#include "ui/panels/create/plot_export.h"

#include <QPointer>
#include <QSaveFile>

#include "ui/client/text.h"
#include "ui/panels/create/plot_sheet.h"

namespace diptych::create {

PlotExport::PlotExport(CreateService* service, QObject* parent) : QObject(parent), service_(service) {}

void PlotExport::save(const api::Plot& plot, const QString& path) {
  if (running()) return;
  plot_ = plot;
  path_ = path;
  fetched_ = 0;
  pictures_.clear();
  wanted_.clear();
  for (const api::PlotCell& cell : plot.cells)
    if (!cell.image.empty()) wanted_ << ui::qt(cell.image);
  fetch_next();
}

void PlotExport::fetch_next() {
  if (fetched_ >= wanted_.size()) return write();
  const QString id = wanted_[fetched_];
  const auto next = [this, alive = QPointer<PlotExport>(this)](const QString& of, const QImage& picture) {
    if (!alive) return;
    if (!picture.isNull()) pictures_.insert(of, picture);
    emit progressed(++fetched_, static_cast<int>(wanted_.size()));
    fetch_next();
  };
  service_->fetch_input(
      id, [id, next](const QByteArray& bytes) { next(id, QImage::fromData(bytes)); },
      [id, next](const Failure&) { next(id, {}); });
}

void PlotExport::write() {
  const QString path = std::exchange(path_, {});
  const QImage sheet = plot_sheet(plot_, pictures_);
  QSaveFile file(path);
  if (file.open(QIODevice::WriteOnly) && sheet.save(&file, "PNG") && file.commit())
    emit saved(path, static_cast<int>(wanted_.size() - pictures_.size()));
  else
    emit failed({tr("Cannot save the plot to %1").arg(path), file.errorString(), tr("Choose another folder")});
  pictures_.clear();
}

}  // namespace diptych::create
