// The inspector of the Models panel: what is known of one model, and what can be done with it.
#pragma once

#include <QScrollArea>

#include "ui/panels/models/model_table.h"

class QGridLayout;
class QLabel;
class QProgressBar;
class QPushButton;

namespace diptych::ui {

class ModelDetails : public QScrollArea {
  Q_OBJECT

 public:
  explicit ModelDetails(QWidget* parent = nullptr);

  void set_row(const ModelRow* row);  // null: nothing is selected

 signals:
  void load_requested(const QString& id);
  void pictures_requested(const QString& id);  // a model of pictures is loaded when one is made
  void unload_requested(const QString& id);
  void cancel_load_requested(const QString& id);
  void get_requested(const QString& catalogue_name);
  void cancel_get_requested(const QString& catalogue_name);

 private:
  void add_fact(const QString& label, const QString& text, const QString& tip = {});
  void set_button(const QString& text, bool primary, const std::function<void()>& run);

  QWidget* page_;
  QLabel* title_;
  QLabel* status_;
  QProgressBar* progress_;
  QPushButton* button_;
  QGridLayout* facts_;
  std::function<void()> run_;
};

}  // namespace diptych::ui
