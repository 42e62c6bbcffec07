// The column at a panel's left: a search field with a button beside it, the list below, and what an empty one says.
#pragma once

#include <QWidget>

class QKeyEvent;
class QLabel;
class QLineEdit;
class QListView;
class QStackedWidget;
class QTimer;
class QToolButton;

namespace diptych::ui {

class SearchList : public QWidget {
  Q_OBJECT

 public:
  explicit SearchList(QWidget* parent = nullptr);

  QString search() const;  // trimmed
  void focus_search();
  QListView* list() const { return list_; }

 signals:
  void search_changed(const QString& text);  // after a pause in typing

 protected:
  QLineEdit* search_field() const { return search_; }
  QToolButton* button() const { return button_; }
  void name_search(const QString& placeholder, const QString& name);
  void name_button(const QString& icon_name, const QString& name, const QString& tip);
  void name_list(const QString& name);
  void set_list_margins(const QMargins& margins);
  void show_empty(bool empty, const QString& text);  // in place of the list
  virtual bool list_key(QKeyEvent* event) = 0;       // of the list; true: taken
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  QLineEdit* search_;
  QToolButton* button_;
  QListView* list_;
  QWidget* page_;  // around the list
  QLabel* empty_;
  QStackedWidget* stack_;
  QTimer* pause_;
};

}  // namespace diptych::ui
