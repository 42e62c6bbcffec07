#include "ui/panels/create/queue_model.h"

#include <QMimeData>
#include <algorithm>

#include "ui/client/text.h"
#include "ui/widgets/quantity.h"

namespace diptych::create {

using ui::qt;

namespace {

const QString row_type = QStringLiteral("application/x-diptych-queue-row");

bool runs(const api::QueuedImages& job) {
  return job.job.state == api::JobState::running;
}

}  // namespace

void QueueModel::set_queue(const api::ImageQueue& queue) {
  beginResetModel();
  jobs_ = queue.jobs;
  endResetModel();
}

void QueueModel::set_progress(const QString& job, const api::ImageProgress& progress) {
  for (size_t i = 0; i < jobs_.size(); ++i) {
    if (qt(jobs_[i].job.id) != job) continue;
    jobs_[i].job.progress = progress.progress;
    if (progress.seconds_left) jobs_[i].seconds = progress.seconds_left;
    const QModelIndex at = index(static_cast<int>(i));
    emit dataChanged(at, at);
  }
}

int QueueModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(jobs_.size());
}

QVariant QueueModel::data(const QModelIndex& index, int role) const {
  if (!index.isValid() || index.row() >= rowCount()) return {};
  const api::QueuedImages& job = jobs_[static_cast<size_t>(index.row())];
  const QString left = job.seconds ? tr("≈ %1").arg(ui::format_duration_s(*job.seconds)) : QString();
  const QString pictures = job.images == 1 ? tr("1 picture") : tr("%1 pictures").arg(job.images);
  switch (role) {
    case Qt::DisplayRole:
      return job.settings.prompt.empty() ? qt(job.job.title) : qt(job.settings.prompt).simplified();
    case detail_role:
    case Qt::AccessibleDescriptionRole: {
      QStringList parts{runs(job) ? tr("running") : tr("waiting"), pictures};
      if (!left.isEmpty()) parts << (runs(job) ? tr("%1 left").arg(left) : left);
      return parts.join(QStringLiteral(" · "));
    }
    case Qt::ToolTipRole:
      return qt(job.settings.prompt);
    case id_role:
      return qt(job.job.id);
    case running_role:
      return runs(job);
    case progress_role:
      return job.job.progress;
    default:
      return {};
  }
}

Qt::ItemFlags QueueModel::flags(const QModelIndex& index) const {
  if (!index.isValid()) return Qt::ItemIsDropEnabled;
  const Qt::ItemFlags always = Qt::ItemIsEnabled | Qt::ItemIsSelectable;
  return index.data(running_role).toBool() ? always : always | Qt::ItemIsDragEnabled;
}

int QueueModel::first_waiting() const {
  return static_cast<int>(std::ranges::count_if(jobs_, runs));
}

bool QueueModel::moveRows(const QModelIndex&, int from, int count, const QModelIndex&, int to) {
  if (count != 1 || from < first_waiting() || from >= rowCount() || to < first_waiting() || to > rowCount() ||
      to == from || to == from + 1)
    return false;
  beginMoveRows({}, from, from, {}, to);
  const auto at = jobs_.begin();
  if (to > from)
    std::rotate(at + from, at + from + 1, at + to);
  else
    std::rotate(at + to, at + from, at + from + 1);
  endMoveRows();
  emit reordered(order());
  return true;
}

bool QueueModel::move(int row, int by) {
  return moveRows({}, row, 1, {}, by < 0 ? row - 1 : row + 2);
}

QStringList QueueModel::mimeTypes() const {
  return {row_type};
}

QMimeData* QueueModel::mimeData(const QModelIndexList& indexes) const {
  auto* data = new QMimeData;
  if (!indexes.isEmpty()) data->setData(row_type, QByteArray::number(indexes.first().row()));
  return data;
}

// The row is moved here; false keeps the view from removing it a second time.
bool QueueModel::dropMimeData(const QMimeData* data, Qt::DropAction, int row, int, const QModelIndex& parent) {
  if (!data->hasFormat(row_type)) return false;
  const int to = row >= 0 ? row : parent.isValid() ? parent.row() : rowCount();
  moveRows({}, data->data(row_type).toInt(), 1, {}, std::max(to, first_waiting()));
  return false;
}

QString QueueModel::running() const {
  const auto found = std::ranges::find_if(jobs_, runs);
  return found == jobs_.end() ? QString() : qt(found->job.id);
}

int QueueModel::waiting() const {
  return rowCount() - first_waiting();
}

QStringList QueueModel::order() const {
  QStringList ids;
  for (const api::QueuedImages& job : jobs_)
    if (!runs(job)) ids << qt(job.job.id);
  return ids;
}

double QueueModel::seconds_left() const {
  double sum = 0;
  for (const api::QueuedImages& job : jobs_) sum += job.seconds.value_or(0);
  return sum;
}

const api::QueuedImages* QueueModel::job(const QString& id) const {
  const auto found = std::ranges::find(jobs_, ui::utf8(id), [](const api::QueuedImages& one) { return one.job.id; });
  return found == jobs_.end() ? nullptr : &*found;
}

}  // namespace diptych::create
