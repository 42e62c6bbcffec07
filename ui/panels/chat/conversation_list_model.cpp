#include "ui/panels/chat/conversation_list_model.h"

#include <QCoreApplication>
#include <QDateTime>
#include <QLocale>

namespace diptych::chat {

QString date_group(QDate day, QDate today) {
  const auto tr = [](const char* text) { return QCoreApplication::translate("ConversationListModel", text); };
  const qint64 age = day.daysTo(today);
  if (age <= 0) return tr("Today");
  if (age == 1) return tr("Yesterday");
  if (age < 7) return tr("Last 7 days");
  if (age < 30) return tr("Last 30 days");
  return QLocale().standaloneMonthName(day.month()) + QLatin1Char(' ') + QString::number(day.year());
}

int ConversationListModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(rows_.size());
}

QString ConversationListModel::title_of(const ConversationInfo& conversation) {
  return conversation.title.isEmpty() ? tr("New conversation") : conversation.title;
}

QVariant ConversationListModel::data(const QModelIndex& index, int role) const {
  if (!index.isValid() || index.row() >= rows_.size()) return {};
  const Row& row = rows_[index.row()];
  if (!row.heading.isEmpty()) {
    if (role == Qt::DisplayRole || role == heading_role) return row.heading;
    return {};
  }
  const ConversationInfo& conversation = conversations_[row.conversation];
  switch (role) {
    case Qt::DisplayRole:
    case Qt::ToolTipRole:
      return title_of(conversation);
    case Qt::EditRole:
      return conversation.title;
    case Qt::AccessibleDescriptionRole:
      return QLocale().toString(QDateTime::fromMSecsSinceEpoch(conversation.updated_ms), QLocale::ShortFormat);
    case id_role:
      return conversation.id;
    case snippet_role:
      return conversation.snippet;
    default:
      return {};
  }
}

bool ConversationListModel::setData(const QModelIndex& index, const QVariant& value, int role) {
  const QString id = index.data(id_role).toString();
  const QString title = value.toString().simplified();
  if (role != Qt::EditRole || id.isEmpty() || title.isEmpty()) return false;
  set_title(id, title);
  emit renamed(id, title);
  return true;
}

Qt::ItemFlags ConversationListModel::flags(const QModelIndex& index) const {
  if (!index.isValid() || !rows_[index.row()].heading.isEmpty()) return Qt::NoItemFlags;
  return Qt::ItemIsEnabled | Qt::ItemIsSelectable | Qt::ItemIsEditable;
}

void ConversationListModel::set_conversations(const QList<ConversationInfo>& conversations, bool grouped, QDate today) {
  if (conversations == conversations_ && grouped == grouped_ && today == today_) return;
  conversations_ = conversations;
  grouped_ = grouped;
  today_ = today;
  rebuild();
}

void ConversationListModel::rebuild() {
  beginResetModel();
  rows_.clear();
  QString group;
  for (int i = 0; i < conversations_.size(); ++i) {
    if (grouped_) {
      const QString next = date_group(QDateTime::fromMSecsSinceEpoch(conversations_[i].updated_ms).date(), today_);
      if (next != group) rows_.append({next, -1});
      group = next;
    }
    rows_.append({{}, i});
  }
  endResetModel();
}

void ConversationListModel::set_title(const QString& id, const QString& title) {
  for (int i = 0; i < conversations_.size(); ++i)
    if (conversations_[i].id == id) conversations_[i].title = title;
  const QModelIndex index = index_of(id);
  if (index.isValid()) emit dataChanged(index, index);
}

void ConversationListModel::remove(const QString& id) {
  if (conversations_.removeIf([&](const ConversationInfo& one) { return one.id == id; }) > 0) rebuild();
}

void ConversationListModel::put_first(const ConversationInfo& conversation) {
  conversations_.removeIf([&](const ConversationInfo& one) { return one.id == conversation.id; });
  conversations_.prepend(conversation);
  rebuild();
}

QModelIndex ConversationListModel::index_of(const QString& id) const {
  for (int row = 0; row < rows_.size(); ++row)
    if (rows_[row].conversation >= 0 && conversations_[rows_[row].conversation].id == id) return index(row);
  return {};
}

}  // namespace diptych::chat
