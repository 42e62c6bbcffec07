// The messages that a conversation shows, top to bottom, as a Qt list model over the tree.
#pragma once

#include <QAbstractListModel>

#include "ui/panels/chat/message_tree.h"

namespace diptych::chat {

class ThreadModel : public QAbstractListModel {
  Q_OBJECT

 public:
  enum DataRole { id_role = Qt::UserRole + 1, message_role, author_role };

  using QAbstractListModel::QAbstractListModel;

  int rowCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;  // DisplayRole: the plain source text

  void load(const QList<Message>& messages, const QString& leaf = {});
  void insert(const Message& message);
  void replace_id(const QString& id, const QString& new_id);
  // Changes one message in place; only dataChanged() follows, so it is cheap enough for every token.
  void update(const QString& id, const std::function<void(Message&)>& change);
  bool select_sibling(const QString& id, int step);
  bool set_deleted(const QString& id, bool deleted);

  const MessageTree& tree() const { return tree_; }
  const Message* message(int row) const;
  const Message* find(const QString& id) const { return tree_.find(id); }
  int row_of(const QString& id) const { return static_cast<int>(path_.indexOf(id)); }
  QStringList path() const { return path_; }

 private:
  void follow_tree();  // brings path_ to tree_.path(), with row signals for what differs

  MessageTree tree_;
  QStringList path_;
};

}  // namespace diptych::chat

Q_DECLARE_METATYPE(diptych::chat::Message)
