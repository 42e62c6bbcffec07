// One step: its number or a check mark in a circle, its title, and what was chosen there.
#pragma once

#include <QAbstractButton>

#include "ui/panels/finetune/step_list.h"

namespace diptych::finetune {

class StepButton : public QAbstractButton {
  Q_OBJECT

 public:
  explicit StepButton(WizardPage page, QWidget* parent = nullptr);

  WizardPage page() const { return page_; }
  void set_state(const StepState& state);
  void set_narrow(bool narrow);
  QSize sizeHint() const override { return {StepList::narrow, 48}; }

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  void describe();

  WizardPage page_;
  StepState state_;
  bool narrow_ = false;
};

}  // namespace diptych::finetune
