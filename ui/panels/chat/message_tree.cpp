#include "ui/panels/chat/message_tree.h"

#include <QSet>

namespace diptych::chat {

void MessageTree::clear() {
  *this = MessageTree();
}

void MessageTree::insert(const Message& message) {
  if (message.id.isEmpty() || message.parent == message.id) return;
  if (const Message* known = find(message.id); known && known->parent != message.parent)
    children_[known->parent].removeAll(message.id);
  messages_.insert(message.id, message);
  QStringList& siblings = children_[message.parent];
  if (!siblings.contains(message.id)) siblings.append(message.id);
  if (!message.deleted) current_[message.parent] = message.id;
}

void MessageTree::load(const QList<Message>& messages, const QString& leaf) {
  clear();
  for (const Message& message : messages) insert(message);
  if (!leaf.isEmpty()) select(leaf);
}

void MessageTree::rename(const QString& id, const QString& new_id) {
  if (id == new_id || !messages_.contains(id)) return;
  Message message = messages_.take(id);
  message.id = new_id;
  children_[message.parent].replace(children_[message.parent].indexOf(id), new_id);
  if (current_.value(message.parent) == id) current_[message.parent] = new_id;
  messages_.insert(new_id, message);
  if (current_.contains(id)) current_.insert(new_id, current_.take(id));
  const QStringList children = children_.take(id);
  for (const QString& child : children) messages_[child].parent = new_id;
  if (!children.isEmpty()) children_.insert(new_id, children);
}

const Message* MessageTree::find(const QString& id) const {
  const auto at = messages_.constFind(id);
  return at == messages_.constEnd() ? nullptr : &*at;
}

Message* MessageTree::find(const QString& id) {
  const auto at = messages_.find(id);
  return at == messages_.end() ? nullptr : &*at;
}

QStringList MessageTree::visible_children(const QString& parent) const {
  QStringList visible;
  for (const QString& id : children_.value(parent))
    if (!messages_[id].deleted) visible << id;
  return visible;
}

QStringList MessageTree::path() const {
  QStringList path;
  QSet<QString> seen;  // a host could send a cycle
  for (QString parent;;) {
    const QStringList children = visible_children(parent);
    if (children.isEmpty()) return path;
    const QString current = current_.value(parent);
    parent = children.contains(current) ? current : children.last();
    if (seen.contains(parent)) return path;
    seen.insert(parent);
    path << parent;
  }
}

QString MessageTree::leaf() const {
  const QStringList ids = path();
  return ids.isEmpty() ? QString() : ids.last();
}

MessageTree::Position MessageTree::position(const QString& id) const {
  const Message* message = find(id);
  if (!message) return {};
  const QStringList siblings = visible_children(message->parent);
  return {static_cast<int>(std::max<qsizetype>(0, siblings.indexOf(id))),
          static_cast<int>(std::max<qsizetype>(1, siblings.size()))};
}

bool MessageTree::select_sibling(const QString& id, int step) {
  const Message* message = find(id);
  if (!message) return false;
  const QStringList siblings = visible_children(message->parent);
  const qsizetype target = siblings.indexOf(id) + step;
  if (target < 0 || target >= siblings.size()) return false;
  current_[message->parent] = siblings[target];
  return true;
}

void MessageTree::select(const QString& id) {
  QSet<QString> seen;
  for (const Message* message = find(id); message && !seen.contains(message->id); message = find(message->parent)) {
    seen.insert(message->id);
    current_[message->parent] = message->id;
  }
}

bool MessageTree::set_deleted(const QString& id, bool deleted) {
  Message* message = find(id);
  if (!message || message->deleted == deleted) return false;
  message->deleted = deleted;
  if (!deleted) current_[message->parent] = id;
  return true;
}

}  // namespace diptych::chat
