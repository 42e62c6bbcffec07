// All messages of a conversation, with the branches that editing and regenerating make.
#pragma once

#include <QHash>
#include <QList>

#include "ui/panels/chat/message.h"

namespace diptych::chat {

// Of the children of a message one is current; following it from the root gives the path that is shown. A deleted
// message hides what is below it, and comes back with it.
class MessageTree {
 public:
  void clear();
  void insert(const Message& message);  // or replaces the one with its id; becomes current among its siblings
  void load(const QList<Message>& messages, const QString& leaf = {});  // parents first; shows the path to `leaf`
  void rename(const QString& id, const QString& new_id);

  const Message* find(const QString& id) const;
  Message* find(const QString& id);
  QStringList path() const;  // ids, from the first message on
  QString leaf() const;      // last of path(), or empty

  struct Position {
    int index = 0;  // from 0
    int count = 1;
  };
  Position position(const QString& id) const;        // among the siblings that are not deleted
  bool select_sibling(const QString& id, int step);  // false at either end
  void select(const QString& id);                    // makes the path lead through `id`

  bool set_deleted(const QString& id, bool deleted);

 private:
  QStringList visible_children(const QString& parent) const;

  QHash<QString, Message> messages_;
  QHash<QString, QStringList> children_;  // by parent; "" holds the first messages
  QHash<QString, QString> current_;       // chosen child by parent
};

}  // namespace diptych::chat
