// Below the picture: how far the running job is, and what the picture that is shown took.
#pragma once

#include <QWidget>

class QLabel;
class QProgressBar;

namespace diptych::ui {
class ElidedLabel;
}

namespace diptych::create {

class CreateController;

class StatusLines : public QWidget {
  Q_OBJECT

 public:
  explicit StatusLines(CreateController* controller, QWidget* parent = nullptr);  // `controller` must outlive it

 private:
  void show_progress();
  void show_metrics();
  void say(const QString& text);  // to screen readers: at start and end, never per step

  CreateController* controller_;
  bool was_busy_ = false;
  QProgressBar* bar_;
  ui::ElidedLabel* progress_;
  ui::ElidedLabel* about_;
  QLabel* metrics_;
};

}  // namespace diptych::create
