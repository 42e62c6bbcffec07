// The wizard's steps: which is shown, which are done, what was chosen in each, and why one cannot be opened yet.
#pragma once

#include <QList>
#include <QWidget>

#include "ui/panels/finetune/wizard_page.h"

class QButtonGroup;

namespace diptych::finetune {

class StepButton;

struct StepState {
  QString detail;  // what was chosen: "SmolLM2-135M"
  bool done = false;
  QString blocked;  // why it cannot be opened; empty: it can

  bool operator==(const StepState&) const = default;
};

class StepList : public QWidget {
  Q_OBJECT

 public:
  static constexpr int wide = 184;   // px
  static constexpr int narrow = 56;  // numbers only

  explicit StepList(QWidget* parent = nullptr);

  void set_state(WizardPage page, const StepState& state);
  void set_current(WizardPage page);
  WizardPage current() const { return current_; }
  void set_narrow(bool narrow);
  QWidget* button(WizardPage page) const;

 signals:
  void chosen(diptych::finetune::WizardPage page);

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  QButtonGroup* group_;
  QList<StepButton*> buttons_;
  WizardPage current_ = WizardPage::base;
};

}  // namespace diptych::finetune
