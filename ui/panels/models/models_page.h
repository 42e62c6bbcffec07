// The middle of the Models panel: filter, buttons, table.
#pragma once

#include <QSortFilterProxyModel>
#include <QWidget>

#include "ui/panels/models/model_table.h"

class QLineEdit;
class QStackedWidget;
class QTableView;

namespace diptych::ui {

class EmptyState;

class ModelsPage : public QWidget {
  Q_OBJECT

 public:
  explicit ModelsPage(ModelTable* table, QWidget* parent = nullptr);  // `table` must outlive it

  QString selected_key() const;
  void select(const QString& key);
  void focus_table();
  void set_connected(bool connected);  // to a host, which is who knows the models
  void focus_filter();
  QTableView* view() const { return view_; }

 signals:
  void selected(const QString& key);   // empty: none
  void activated(const QString& key);  // Enter or double click
  void open_file_requested();
  void open_folder_requested();

 protected:
  void resizeEvent(QResizeEvent* event) override;

 private:
  void build_table();
  void update_empty();
  void fit_columns();

  ModelTable* table_;
  QSortFilterProxyModel sorted_;
  QLineEdit* filter_;
  QTableView* view_;
  QStackedWidget* stack_;
  EmptyState* empty_;
  QString key_;
  bool connected_ = false;
};

}  // namespace diptych::ui
