// Saves a plot as one labelled picture: fetches its cells one after the other, then writes the file.
#pragma once

#include <QHash>
#include <QImage>
#include <QObject>

#include "ui/panels/create/create_service.h"

namespace diptych::create {

class PlotExport : public QObject {
  Q_OBJECT

 public:
  explicit PlotExport(CreateService* service, QObject* parent = nullptr);  // `service` must outlive it

  void save(const api::Plot& plot, const QString& path);
  bool running() const { return !path_.isEmpty(); }

 signals:
  void progressed(int fetched, int of);
  void saved(const QString& path, int missing);  // cells whose picture is gone
  void failed(const diptych::create::Failure& failure);

 private:
  void fetch_next();
  void write();

  CreateService* service_;
  api::Plot plot_;
  QString path_;
  QStringList wanted_;
  QHash<QString, QImage> pictures_;
  int fetched_ = 0;
};

}  // namespace diptych::create
