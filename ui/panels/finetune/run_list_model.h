// Drafts and runs, latest first: drafts, then what runs, then what has ended.
#pragma once

#include <QAbstractListModel>

#include "ui/panels/finetune/finetune_controller.h"

namespace diptych::finetune {

class RunListModel : public QAbstractListModel {
  Q_OBJECT

 public:
  enum Role { id_role = Qt::UserRole, detail_role, word_role, progress_role };

  explicit RunListModel(FinetuneController* controller, QObject* parent = nullptr);  // `controller` must outlive it

  void set_filter(const QString& text);
  QModelIndex index_of(const QString& id) const;
  int rowCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;
  bool setData(const QModelIndex& index, const QVariant& value, int role) override;  // renames
  Qt::ItemFlags flags(const QModelIndex& index) const override;

 private:
  struct Entry {
    QString id, title, detail, word;
    QVariant progress;
    bool operator==(const Entry&) const = default;
  };
  std::vector<Entry> entries() const;
  void refresh();

  FinetuneController* controller_;
  QString filter_;
  std::vector<Entry> shown_;
};

}  // namespace diptych::finetune
