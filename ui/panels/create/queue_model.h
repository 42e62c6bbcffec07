// The jobs that make pictures: the running one first, then in the order in which they will run. Waiting ones can be
// moved.
#pragma once

#include <QAbstractListModel>
#include <vector>

#include "engine/api/image.h"

namespace diptych::create {

class QueueModel : public QAbstractListModel {
  Q_OBJECT

 public:
  enum DataRole { id_role = Qt::UserRole + 1, running_role, detail_role, progress_role };

  using QAbstractListModel::QAbstractListModel;

  void set_queue(const api::ImageQueue& queue);
  void set_progress(const QString& job, const api::ImageProgress& progress);

  int rowCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;
  Qt::ItemFlags flags(const QModelIndex& index) const override;
  Qt::DropActions supportedDropActions() const override { return Qt::MoveAction; }
  bool moveRows(const QModelIndex& from_parent, int from, int count, const QModelIndex& to_parent, int to) override;
  QStringList mimeTypes() const override;
  QMimeData* mimeData(const QModelIndexList& indexes) const override;
  bool dropMimeData(const QMimeData* data, Qt::DropAction action, int row, int column,
                    const QModelIndex& parent) override;

  bool move(int row, int by);  // a waiting one; false: it cannot go there
  QString running() const;     // id of the job; empty: none
  int waiting() const;
  QStringList order() const;    // of those that wait
  double seconds_left() const;  // of all together, as far as known
  const api::QueuedImages* job(const QString& id) const;

 signals:
  void reordered(const QStringList& waiting);

 private:
  int first_waiting() const;

  std::vector<api::QueuedImages> jobs_;
};

}  // namespace diptych::create
