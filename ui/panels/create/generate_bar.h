// Generate, with what it will take beside it; Cancel and the queue while something is made.
#pragma once

#include <QWidget>

class QPushButton;

namespace diptych::ui {
class ElidedLabel;
}

namespace diptych::create {

class CreateController;

class GenerateBar : public QWidget {
  Q_OBJECT

 public:
  explicit GenerateBar(CreateController* controller, QWidget* parent = nullptr);  // `controller` must outlive it

  QPushButton* button() const { return button_; }

 signals:
  void queue_requested();

 private:
  void refresh();
  void show_prediction();

  CreateController* controller_;
  QPushButton* button_;
  QPushButton* add_;
  QPushButton* queue_;
  ui::ElidedLabel* time_;
  ui::ElidedLabel* memory_;
};

}  // namespace diptych::create
