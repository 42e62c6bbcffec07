#include "ui/panels/models/model_table.h"

#include <QDateTime>
#include <QLocale>
#include <algorithm>

#include "ui/client/text.h"
#include "ui/panels/chat/wire.h"
#include "ui/widgets/quantity.h"

namespace diptych::ui {
namespace {

const QString dash = QStringLiteral("–");

}  // namespace

QString ModelRow::name() const {
  if (model) return chat::name_of(*model, entry ? &*entry : nullptr);
  return qt(entry->title.empty() ? entry->name : entry->title);
}

QString ModelRow::family() const {
  return qt(model && !model->architecture.empty() ? model->architecture : entry ? entry->family : std::string());
}

QString ModelRow::licence() const {
  return entry ? qt(entry->licence) : QString();
}

double ModelRow::size_bytes() const {
  return static_cast<double>(model ? model->size_bytes : entry->size_bytes);
}

std::vector<ModelRow> merge_models(const std::vector<api::ModelInfo>& models,
                                   const std::vector<api::CatalogueModel>& catalogue) {
  std::vector<ModelRow> rows;
  for (const api::ModelInfo& model : models) {
    ModelRow row;
    row.key = QStringLiteral("model:") + qt(model.id);
    row.model = model;
    if (const api::CatalogueModel* entry = chat::entry_of(model, catalogue)) row.entry = *entry;
    rows.push_back(std::move(row));
  }
  for (const api::CatalogueModel& entry : catalogue) {
    const bool listed =
        std::ranges::any_of(models, [&](const auto& model) { return chat::entry_of(model, catalogue) == &entry; });
    if (listed) continue;
    ModelRow row;
    row.key = QStringLiteral("entry:") + qt(entry.name);
    row.entry = entry;
    rows.push_back(std::move(row));
  }
  return rows;
}

void ModelTable::set_models(const std::vector<api::ModelInfo>& models,
                            const std::vector<api::CatalogueModel>& catalogue) {
  std::vector<ModelRow> next = merge_models(models, catalogue);
  const bool same_rows = std::ranges::equal(next, rows_, {}, &ModelRow::key, &ModelRow::key);
  if (!same_rows) beginResetModel();
  rows_ = std::move(next);
  dress();
  if (!same_rows)
    endResetModel();
  else if (!rows_.empty())
    emit dataChanged(index(0, 0), index(rowCount() - 1, column_count - 1));
}

void ModelTable::dress() {
  for (ModelRow& row : rows_) {
    row.download.reset();
    if (row.entry)
      if (const auto found = downloads_.constFind(qt(row.entry->name)); found != downloads_.cend())
        row.download = *found;
    row.last_used_ms = row.model ? last_used_ms_.value(qt(row.model->id)) : 0;
  }
}

void ModelTable::set_download(const QString& catalogue_name, const std::optional<api::JobProgress>& progress) {
  if (progress)
    downloads_.insert(catalogue_name, *progress);
  else
    downloads_.remove(catalogue_name);
  dress();
  if (!rows_.empty()) emit dataChanged(index(0, 0), index(rowCount() - 1, column_count - 1));
}

void ModelTable::set_last_used(const QHash<QString, qint64>& times_ms) {
  last_used_ms_ = times_ms;
  dress();
  if (!rows_.empty()) emit dataChanged(index(0, last_used), index(rowCount() - 1, last_used));
}

const ModelRow* ModelTable::row(const QString& key) const {
  const auto found = std::ranges::find(rows_, key, &ModelRow::key);
  return found == rows_.end() ? nullptr : &*found;
}

int ModelTable::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(rows_.size());
}
int ModelTable::columnCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(column_count);
}

QString ModelTable::text(const ModelRow& row, int column) const {
  switch (column) {
    case name:
      return row.name();
    case kind:
      return row.makes_pictures() ? tr("Pictures") : tr("Text");
    case family:
      return row.family().isEmpty() ? dash : row.family();
    case parameters:
      return row.model && row.model->parameters > 0 ? format_count(static_cast<double>(row.model->parameters)) : dash;
    case quantization:
      return row.model && !row.model->quantization.empty() ? qt(row.model->quantization) : dash;
    case size:
      return format_bytes(row.size_bytes());
    case memory:
      if (!row.model || !row.model->memory_bytes) return dash;
      return (row.loaded() ? QStringLiteral("● ") : QStringLiteral("◐ ")) +
             format_bytes(static_cast<double>(*row.model->memory_bytes));
    case speed:
      if (!row.model || !row.model->tokens_per_s) return dash;
      return QStringLiteral("◐ ") + format_quantity(*row.model->tokens_per_s, tr("tokens/s"));
    case licence:
      return row.licence().isEmpty() ? dash : row.licence();
    case last_used:
      if (row.download)
        return tr("%1 of %2")
            .arg(format_bytes(static_cast<double>(row.download->bytes)),
                 format_bytes(static_cast<double>(row.download->total_bytes)));
      if (row.loading()) return tr("loading…");
      if (row.loaded()) return tr("loaded");
      if (!row.on_disk()) return tr("not here yet");
      return row.last_used_ms > 0 ? format_age((QDateTime::currentMSecsSinceEpoch() - row.last_used_ms) / 1000) : dash;
    default:
      return {};
  }
}

QVariant ModelTable::sort_value(const ModelRow& row, int column) const {
  switch (column) {
    case parameters:
      return row.model ? QVariant::fromValue<qint64>(row.model->parameters) : QVariant(-1);
    case size:
      return row.size_bytes();
    case memory:
      return row.model && row.model->memory_bytes ? static_cast<double>(*row.model->memory_bytes) : -1.0;
    case speed:
      return row.model ? row.model->tokens_per_s.value_or(-1) : -1.0;
    case last_used:  // what is in use comes before what was
      return row.loaded() ? std::numeric_limits<qint64>::max() : row.last_used_ms;
    default:
      return text(row, column).toCaseFolded();
  }
}

QVariant ModelTable::data(const QModelIndex& index, int role) const {
  if (!index.isValid() || index.row() >= rowCount()) return {};
  const ModelRow& row = rows_[static_cast<size_t>(index.row())];
  const bool number = index.column() >= size && index.column() <= speed;
  switch (role) {
    case Qt::DisplayRole:
      return text(row, index.column());
    case Qt::AccessibleTextRole:
      return QStringLiteral("%1: %2").arg(headerData(index.column(), Qt::Horizontal, Qt::DisplayRole).toString(),
                                          text(row, index.column()));
    case Qt::ToolTipRole:
      if (index.column() == memory)
        return row.loaded() ? tr("● counter: memory that the engine holds for it")
                            : tr("◐ modelled: by the model's own code on the meta device");
      if (index.column() == speed) return tr("◐ modelled: bytes per token over this machine's measured bandwidth");
      return row.model ? qt(row.model->path) : tr("In the catalogue; Get fetches it");
    case Qt::TextAlignmentRole:
      return QVariant((number || index.column() == parameters ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
    case sort_role:
      return sort_value(row, index.column());
    case key_role:
      return row.key;
    default:
      return {};
  }
}

QVariant ModelTable::headerData(int section, Qt::Orientation orientation, int role) const {
  if (orientation != Qt::Horizontal) return {};
  const bool right = section >= size && section <= speed;
  if (role == Qt::TextAlignmentRole)
    return QVariant((right || section == parameters ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
  if (role != Qt::DisplayRole) return {};
  switch (section) {
    case name:
      return tr("Name");
    case kind:
      return tr("Makes");
    case family:
      return tr("Family");
    case parameters:
      return tr("Parameters");
    case quantization:
      return tr("Quantization");
    case size:
      return tr("Size");
    case memory:
      return tr("Memory");
    case speed:
      return tr("Speed here");
    case licence:
      return tr("Licence");
    case last_used:
      return tr("Last used");
    default:
      return {};
  }
}

}  // namespace diptych::ui
