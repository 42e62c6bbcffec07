#include "ui/panels/chat/thread_model.h"

#include <algorithm>

namespace diptych::chat {

int ThreadModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(path_.size());
}

QVariant ThreadModel::data(const QModelIndex& index, int role) const {
  const Message* message = index.isValid() ? this->message(index.row()) : nullptr;
  if (!message) return {};
  switch (role) {
    case Qt::DisplayRole:
      return message->text;
    case id_role:
      return message->id;
    case message_role:
      return QVariant::fromValue(*message);
    case author_role:
      return message->role == Role::user ? tr("You") : tr("Answer");
    default:
      return {};
  }
}

void ThreadModel::load(const QList<Message>& messages, const QString& leaf) {
  beginResetModel();
  tree_.load(messages, leaf);
  path_ = tree_.path();
  endResetModel();
}

void ThreadModel::insert(const Message& message) {
  const int row = row_of(message.id);
  tree_.insert(message);
  follow_tree();
  if (row >= 0 && row == row_of(message.id)) emit dataChanged(index(row), index(row));
}

void ThreadModel::replace_id(const QString& id, const QString& new_id) {
  tree_.rename(id, new_id);
  const qsizetype row = path_.indexOf(id);
  if (row < 0) return;
  path_[row] = new_id;
  emit dataChanged(index(static_cast<int>(row)), index(static_cast<int>(row)), {id_role});
}

void ThreadModel::update(const QString& id, const std::function<void(Message&)>& change) {
  Message* message = tree_.find(id);
  if (!message) return;
  change(*message);
  const int row = row_of(id);
  if (row >= 0) emit dataChanged(index(row), index(row));
}

bool ThreadModel::select_sibling(const QString& id, int step) {
  if (!tree_.select_sibling(id, step)) return false;
  follow_tree();
  return true;
}

bool ThreadModel::set_deleted(const QString& id, bool deleted) {
  if (!tree_.set_deleted(id, deleted)) return false;
  follow_tree();
  return true;
}

const Message* ThreadModel::message(int row) const {
  return row >= 0 && row < path_.size() ? tree_.find(path_[row]) : nullptr;
}

void ThreadModel::follow_tree() {
  const QStringList path = tree_.path();
  const auto [old_end, new_end] = std::mismatch(path_.begin(), path_.end(), path.begin(), path.end());
  const int same = static_cast<int>(old_end - path_.begin());
  if (same < path_.size()) {
    beginRemoveRows({}, same, static_cast<int>(path_.size()) - 1);
    path_.resize(same);
    endRemoveRows();
  }
  if (same < path.size()) {
    beginInsertRows({}, same, static_cast<int>(path.size()) - 1);
    path_ = path;
    endInsertRows();
  }
  // The messages above may have gained or lost siblings.
  if (same > 0) emit dataChanged(index(0), index(same - 1), {id_role});
}

}  // namespace diptych::chat
