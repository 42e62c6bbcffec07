// The bar below a page: back, why it does not go on, and on.
#pragma once

#include <QWidget>

class QPushButton;

namespace diptych::ui {
class ElidedLabel;
}

namespace diptych::finetune {

class FinetuneController;

class WizardBar : public QWidget {
  Q_OBJECT

 public:
  explicit WizardBar(FinetuneController* controller, QWidget* parent = nullptr);  // `controller` must outlive it

  QPushButton* next() const { return next_; }

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  void refresh();

  FinetuneController* controller_;
  QPushButton* back_;
  QPushButton* another_;
  ui::ElidedLabel* hint_;
  QPushButton* next_;
};

}  // namespace diptych::finetune
