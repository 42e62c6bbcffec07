// Pictures of the data with their captions, which can be edited; thumbnails come as they are painted.
#pragma once

#include <QAbstractListModel>
#include <QHash>
#include <QPixmap>
#include <QSet>
#include <vector>

#include "ui/panels/finetune/finetune_service.h"

namespace diptych::finetune {

class PictureModel : public QAbstractListModel {
  Q_OBJECT

 public:
  enum Role { file_role = Qt::UserRole, warning_role, held_out_role, size_role };
  static constexpr int thumbnail_px = 256;

  explicit PictureModel(FinetuneService* service, QObject* parent = nullptr);  // `service` must outlive it

  void set_pictures(const std::vector<api::DataPicture>& pictures);  // keeps the thumbnails that are here
  const api::DataPicture* picture(const QModelIndex& index) const;
  int rowCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;
  bool setData(const QModelIndex& index, const QVariant& value, int role) override;  // asks for the caption's change
  Qt::ItemFlags flags(const QModelIndex& index) const override;

 signals:
  void caption_edited(const QString& file, const QString& caption);

 private:
  void fetch(const QString& file) const;

  FinetuneService* service_;
  std::vector<api::DataPicture> pictures_;
  QHash<QString, QPixmap> thumbnails_;
  mutable QSet<QString> asked_;
};

}  // namespace diptych::finetune
