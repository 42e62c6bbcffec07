// What is kept from training to measure it: a share of the data, or a file of its own.
#pragma once

#include <QWidget>

class QLabel;
class QPushButton;
class QSpinBox;
class QToolButton;

namespace diptych::ui {
class ElidedLabel;
}

namespace diptych::finetune {

class DraftSession;

class ValidationRow : public QWidget {
  Q_OBJECT

 public:
  explicit ValidationRow(DraftSession* draft, QWidget* parent = nullptr);  // `draft` must outlive it

 private:
  void refresh();
  void choose_file();

  DraftSession* draft_;
  QSpinBox* share_;
  QLabel* unit_;
  ui::ElidedLabel* file_;
  QToolButton* remove_;
  QPushButton* choose_;
};

}  // namespace diptych::finetune
