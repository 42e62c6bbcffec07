#include "ui/panels/finetune/run_list_model.h"

#include <QDateTime>
#include <algorithm>

#include "ui/client/text.h"
#include "ui/panels/finetune/run_words.h"
#include "ui/widgets/quantity.h"

namespace diptych::finetune {

using ui::qt;

RunListModel::RunListModel(FinetuneController* controller, QObject* parent)
    : QAbstractListModel(parent), controller_(controller) {
  connect(controller, &FinetuneController::lists_changed, this, &RunListModel::refresh);
  shown_ = entries();
}

std::vector<RunListModel::Entry> RunListModel::entries() const {
  std::vector<Entry> list;
  const qint64 now_ms = QDateTime::currentMSecsSinceEpoch();
  for (const Draft& draft : controller_->drafts()->drafts())
    list.push_back({draft.id, draft.title(), tr("at “%1”").arg(page_title(draft.page)), tr("draft"), {}});
  for (const api::TrainingRun& run : controller_->runs()) {
    Entry entry{qt(run.id), qt(run.name), run_state_text(run), {}, {}};
    const int64_t then_ms = run.ended_ms > 0 ? run.ended_ms : run.created_ms;
    if (api::is_active(run.state)) {
      if (run.seconds_left) entry.word = tr("○ %1").arg(ui::format_duration_s(*run.seconds_left));
      if (run.steps > 0) entry.progress = static_cast<double>(run.step) / static_cast<double>(run.steps);
    } else if (then_ms > 0) {
      entry.word = ui::format_age((now_ms - then_ms) / 1000);
    }
    list.push_back(entry);
  }
  if (!filter_.isEmpty())
    std::erase_if(list, [this](const Entry& one) { return !one.title.contains(filter_, Qt::CaseInsensitive); });
  return list;
}

// News of a run several times a second may not take the selection or an open editor away.
void RunListModel::refresh() {
  std::vector<Entry> next = entries();
  const bool same = std::ranges::equal(next, shown_, {}, &Entry::id, &Entry::id);
  if (same) {
    for (size_t i = 0; i < next.size(); ++i) {
      if (next[i] == shown_[i]) continue;
      shown_[i] = next[i];
      const QModelIndex at = index(static_cast<int>(i));
      emit dataChanged(at, at);
    }
    return;
  }
  beginResetModel();
  shown_ = std::move(next);
  endResetModel();
}

void RunListModel::set_filter(const QString& text) {
  filter_ = text;
  beginResetModel();
  shown_ = entries();
  endResetModel();
}

QModelIndex RunListModel::index_of(const QString& id) const {
  const auto found = std::ranges::find(shown_, id, &Entry::id);
  return found == shown_.end() ? QModelIndex() : index(static_cast<int>(found - shown_.begin()));
}

int RunListModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(shown_.size());
}

QVariant RunListModel::data(const QModelIndex& index, int role) const {
  if (!index.isValid() || index.row() >= rowCount()) return {};
  const Entry& entry = shown_[static_cast<size_t>(index.row())];
  switch (role) {
    case Qt::DisplayRole:
    case Qt::EditRole:
      return entry.title;
    case id_role:
      return entry.id;
    case detail_role:
      return entry.detail;
    case word_role:
      return entry.word;
    case progress_role:
      return entry.progress;
    case Qt::AccessibleTextRole:
      return QStringList{entry.title, entry.detail, entry.word}.join(QStringLiteral(", "));
    default:
      return {};
  }
}

bool RunListModel::setData(const QModelIndex& index, const QVariant& value, int role) {
  if (role != Qt::EditRole || !index.isValid()) return false;
  controller_->rename(index.data(id_role).toString(), value.toString());
  return true;
}

Qt::ItemFlags RunListModel::flags(const QModelIndex& index) const {
  return QAbstractListModel::flags(index) | Qt::ItemIsEditable;
}

}  // namespace diptych::finetune
