// The conversations as rows under date headings.
#pragma once

#include <QAbstractListModel>
#include <QDate>

#include "ui/panels/chat/chat_service.h"

namespace diptych::chat {

class ConversationListModel : public QAbstractListModel {
  Q_OBJECT

 public:
  enum DataRole { id_role = Qt::UserRole + 1, heading_role, snippet_role };

  using QAbstractListModel::QAbstractListModel;

  int rowCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;
  bool setData(const QModelIndex& index, const QVariant& value, int role) override;  // EditRole: the title
  Qt::ItemFlags flags(const QModelIndex& index) const override;                      // headings cannot be selected

  // Keeps the order given (newest first, or by rank in a search). Rows that stay are kept, so selection survives.
  void set_conversations(const QList<ConversationInfo>& conversations, bool grouped,
                         QDate today = QDate::currentDate());
  void set_title(const QString& id, const QString& title);
  void remove(const QString& id);
  void put_first(const ConversationInfo& conversation);

  QModelIndex index_of(const QString& id) const;
  const QList<ConversationInfo>& conversations() const { return conversations_; }
  static QString title_of(const ConversationInfo& conversation);

 signals:
  void renamed(const QString& id, const QString& title);  // by the user, in the list

 private:
  struct Row {
    QString heading;   // not empty: a heading
    int conversation;  // else: index
  };
  void rebuild();

  QList<ConversationInfo> conversations_;
  QList<Row> rows_;
  bool grouped_ = true;
  QDate today_ = QDate::currentDate();
};

// "Today", "Yesterday", "Last 7 days", "Last 30 days", else "March 2026".
QString date_group(QDate day, QDate today);

}  // namespace diptych::chat
