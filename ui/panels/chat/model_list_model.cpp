#include "ui/panels/chat/model_list_model.h"

#include <QCoreApplication>

#include "ui/widgets/quantity.h"

namespace diptych::chat {
namespace {

QString tr(const char* text) {
  return QCoreApplication::translate("ModelListModel", text);
}

}  // namespace

QString memory_line(const ModelInfo& model) {
  if (!model.memory_bytes) return tr("memory not predicted");
  const QString mark = model.state == ModelInfo::State::loaded ? QStringLiteral("● ") : QStringLiteral("◐ ");
  const QString needed = mark + ui::format_bytes(*model.memory_bytes);
  if (model.state == ModelInfo::State::loaded || !model.fits()) return needed;
  return *model.fits() ? tr("%1, fits").arg(needed)
                       : tr("%1, %2 too large").arg(needed, ui::format_bytes(*model.memory_bytes - *model.free_bytes));
}

QString speed_line(const ModelInfo& model) {
  return model.tokens_per_s ? tr("◐ ≈ %1 t/s").arg(ui::format_number(*model.tokens_per_s)) : QString();
}

int ModelListModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(models_.size());
}

QVariant ModelListModel::data(const QModelIndex& index, int role) const {
  if (!index.isValid() || index.row() >= models_.size()) return {};
  const ModelInfo& model = models_[index.row()];
  switch (role) {
    case Qt::DisplayRole:
      return model.name;
    case Qt::ToolTipRole:
      return model.error.isEmpty() ? model.path : model.error;
    case Qt::AccessibleDescriptionRole:
      return QStringList{memory_line(model), speed_line(model)}.join(QStringLiteral(", "));
    case model_role:
      return QVariant::fromValue(model);
    default:
      return {};
  }
}

void ModelListModel::set_models(const QList<ModelInfo>& models) {
  if (models == models_) return;
  const bool same_rows = models.size() == models_.size() &&
                         std::equal(models.begin(), models.end(), models_.begin(),
                                    [](const ModelInfo& a, const ModelInfo& b) { return a.id == b.id; });
  if (same_rows) {
    models_ = models;
    emit dataChanged(index(0), index(static_cast<int>(models_.size()) - 1));
    return;
  }
  beginResetModel();
  models_ = models;
  endResetModel();
}

const ModelInfo* ModelListModel::active() const {
  const ModelInfo *loaded = nullptr, *loading = nullptr;
  for (const ModelInfo& model : models_) {
    const bool is_loaded = model.state == ModelInfo::State::loaded;
    const bool is_loading = model.state == ModelInfo::State::loading;
    if (model.chosen && (is_loaded || is_loading)) return &model;
    if (is_loaded && !loaded) loaded = &model;
    if (is_loading) loading = &model;
  }
  return loaded ? loaded : loading;
}

}  // namespace diptych::chat
