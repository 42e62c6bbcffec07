// Every model that is on disk or can be fetched, as a table that people sort.
#pragma once

#include <QAbstractTableModel>
#include <QHash>
#include <optional>
#include <vector>

#include "engine/api/job.h"
#include "engine/api/model.h"

namespace diptych::ui {

struct ModelRow {
  QString key;                               // stable while it is listed
  std::optional<api::ModelInfo> model;       // on disk
  std::optional<api::CatalogueModel> entry;  // known to the catalogue
  std::optional<api::JobProgress> download;  // while it is being fetched
  qint64 last_used_ms = 0;                   // since the epoch; 0: never, or not remembered

  QString name() const;
  QString family() const;
  QString licence() const;
  double size_bytes() const;
  bool makes_pictures() const { return model && model->kind == api::ModelKind::image; }
  bool on_disk() const { return model.has_value(); }
  bool loaded() const { return model && model->state == api::ModelState::loaded; }
  bool loading() const { return model && model->state == api::ModelState::loading; }
};

// Rows of what is on disk, each with the catalogue's entry that it came from, then what is only in the catalogue.
std::vector<ModelRow> merge_models(const std::vector<api::ModelInfo>& models,
                                   const std::vector<api::CatalogueModel>& catalogue);

class ModelTable : public QAbstractTableModel {
  Q_OBJECT

 public:
  enum Column { name, kind, family, parameters, quantization, size, memory, speed, licence, last_used, column_count };
  enum Role { sort_role = Qt::UserRole, key_role };

  using QAbstractTableModel::QAbstractTableModel;

  void set_models(const std::vector<api::ModelInfo>& models, const std::vector<api::CatalogueModel>& catalogue);
  void set_download(const QString& catalogue_name, const std::optional<api::JobProgress>& progress);
  void set_last_used(const QHash<QString, qint64>& times_ms);  // by the model's id

  const ModelRow* row(const QString& key) const;
  const std::vector<ModelRow>& rows() const { return rows_; }
  int rowCount(const QModelIndex& parent = {}) const override;
  int columnCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;
  QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

 private:
  QString text(const ModelRow& row, int column) const;
  QVariant sort_value(const ModelRow& row, int column) const;
  void dress();

  std::vector<ModelRow> rows_;
  QHash<QString, api::JobProgress> downloads_;
  QHash<QString, qint64> last_used_ms_;
};

}  // namespace diptych::ui
