// The models that can be loaded, with what loading would cost.
#pragma once

#include <QAbstractListModel>

#include "ui/panels/chat/chat_service.h"

namespace diptych::chat {

class ModelListModel : public QAbstractListModel {
  Q_OBJECT

 public:
  enum DataRole { model_role = Qt::UserRole + 1 };

  using QAbstractListModel::QAbstractListModel;

  int rowCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;
  void set_models(const QList<ModelInfo>& models);

  const QList<ModelInfo>& models() const { return models_; }
  const ModelInfo* active() const;  // the chosen one, else a loaded, else a loading one

 private:
  QList<ModelInfo> models_;
};

QString memory_line(const ModelInfo& model);  // "◐ 3.24 GB, fits" or "◐ 9.1 GB, 1.3 GB too large"
QString speed_line(const ModelInfo& model);   // "◐ ≈ 108 t/s"

}  // namespace diptych::chat

Q_DECLARE_METATYPE(diptych::chat::ModelInfo)
