// Ctrl+K: every action of the window by a few letters of its name.
#pragma once

#include <QAbstractListModel>
#include <QFrame>
#include <QList>
#include <QPointer>

class QAction;
class QLineEdit;
class QListView;

namespace diptych::ui {

// Actions that match, best first.
class CommandModel : public QAbstractListModel {
  Q_OBJECT

 public:
  enum Role { shortcut_role = Qt::UserRole, group_role };

  using QAbstractListModel::QAbstractListModel;

  void set_actions(const QList<QAction*>& actions);
  void set_filter(const QString& text);
  QAction* action(const QModelIndex& index) const;
  int rowCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;

 private:
  QList<QPointer<QAction>> actions_;
  QList<QPointer<QAction>> shown_;
  QString filter_;
};

class CommandPalette : public QFrame {
  Q_OBJECT

 public:
  explicit CommandPalette(QWidget* window);

  void open(const QList<QAction*>& actions);
  QLineEdit* field() const { return field_; }
  CommandModel* model() { return &model_; }

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;
  void paintEvent(QPaintEvent* event) override;

 private:
  void choose(const QModelIndex& index);
  void leave();
  void place();

  CommandModel model_;
  QLineEdit* field_;
  QListView* list_;
  QPointer<QWidget> focus_before_;
};

}  // namespace diptych::ui
