// Models of the library as bases: those that can be trained first, each with what speaks against it.
#pragma once

#include <QAbstractListModel>
#include <optional>
#include <vector>

#include "engine/api/training.h"

namespace diptych::finetune {

class BaseListModel : public QAbstractListModel {
  Q_OBJECT

 public:
  enum Role { id_role = Qt::UserRole, detail_role, kind_role, trainable_role };

  using QAbstractListModel::QAbstractListModel;

  void set_bases(const std::vector<api::TrainingBase>& bases);
  void set_filter(const QString& text, std::optional<api::TrainingKind> kind);
  QModelIndex index_of(const QString& id) const;
  bool has_bases() const { return !bases_.empty(); }
  int rowCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;

 private:
  void choose();

  std::vector<api::TrainingBase> bases_;
  std::vector<size_t> shown_;
  QString filter_;
  std::optional<api::TrainingKind> kind_;
};

}  // namespace diptych::finetune
