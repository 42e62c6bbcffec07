#include "ui/panels/finetune/base_list_model.h"

#include <algorithm>

#include "ui/client/text.h"
#include "ui/panels/finetune/run_words.h"
#include "ui/widgets/fuzzy.h"
#include "ui/widgets/quantity.h"

namespace diptych::finetune {

using ui::qt;

void BaseListModel::set_bases(const std::vector<api::TrainingBase>& bases) {
  beginResetModel();
  bases_ = bases;
  choose();
  endResetModel();
}

void BaseListModel::set_filter(const QString& text, std::optional<api::TrainingKind> kind) {
  beginResetModel();
  filter_ = text.trimmed();
  kind_ = kind;
  choose();
  endResetModel();
}

void BaseListModel::choose() {
  shown_.clear();
  for (size_t i = 0; i < bases_.size(); ++i) {
    const api::TrainingBase& base = bases_[i];
    const bool matches =
        filter_.isEmpty() || ui::fuzzy_score(filter_, qt(base.id + " " + base.name + " " + base.architecture));
    if (matches && (!kind_ || base.kind == *kind_)) shown_.push_back(i);
  }
}

QModelIndex BaseListModel::index_of(const QString& id) const {
  for (int row = 0; row < rowCount(); ++row)
    if (index(row).data(id_role).toString() == id) return index(row);
  return {};
}

int BaseListModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(shown_.size());
}

QVariant BaseListModel::data(const QModelIndex& index, int role) const {
  if (!index.isValid() || index.row() >= rowCount()) return {};
  const api::TrainingBase& base = bases_[shown_[static_cast<size_t>(index.row())]];
  switch (role) {
    case Qt::DisplayRole:
      return qt(base.id);
    case id_role:
      return qt(base.id);
    case kind_role:
      return base.kind == api::TrainingKind::image ? tr("pictures") : tr("text");
    case trainable_role:
      return base.trainable;
    case detail_role: {
      if (!base.trainable) return qt(base.why_not);
      QStringList parts{qt(base.architecture)};
      if (base.parameters > 0) parts << ui::format_count(static_cast<double>(base.parameters));
      parts << qt(base.quantization);
      if (base.size_bytes > 0) parts << ui::format_bytes(static_cast<double>(base.size_bytes));
      QStringList methods;
      for (const std::string& method : base.methods) methods << method_title(qt(method));
      if (!methods.isEmpty()) parts << methods.join(QStringLiteral(", "));
      parts.removeAll(QString());
      return parts.join(QStringLiteral(" · "));
    }
    case Qt::ToolTipRole:
      return base.trainable ? qt(base.path) : tr("Cannot be trained: %1").arg(qt(base.why_not));
    case Qt::AccessibleTextRole:
      return QStringList{qt(base.id), this->data(index, kind_role).toString(),
                         base.trainable ? QString() : tr("cannot be trained"),
                         this->data(index, detail_role).toString()}
          .join(QStringLiteral(", "));
    default:
      return {};
  }
}

}  // namespace diptych::finetune
