#include "ui/panels/finetune/step_list.h"

#include <QButtonGroup>
#include <QPainter>
#include <QVBoxLayout>

#include "ui/panels/finetune/step_button.h"
#include "ui/theme/theme.h"

namespace diptych::finetune {

StepList::StepList(QWidget* parent) : QWidget(parent), group_(new QButtonGroup(this)) {
  setAccessibleName(tr("Steps"));
  setObjectName(QStringLiteral("stepList"));
  setFixedWidth(wide);
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 12, 0, 8);
  column->setSpacing(4);
  for (const WizardPage page : all_pages) {
    auto* button = new StepButton(page, this);
    buttons_ << button;
    group_->addButton(button);
    column->addWidget(button);
    connect(button, &QAbstractButton::clicked, this, [this, page] { emit chosen(page); });
  }
  column->addStretch(1);
  buttons_.first()->setChecked(true);
}

void StepList::set_state(WizardPage page, const StepState& state) {
  buttons_[static_cast<int>(page)]->set_state(state);
}

void StepList::set_current(WizardPage page) {
  current_ = page;
  buttons_[static_cast<int>(page)]->setChecked(true);
}

void StepList::set_narrow(bool is_narrow) {
  setFixedWidth(is_narrow ? narrow : wide);
  for (StepButton* button : buttons_) button->set_narrow(is_narrow);
}

QWidget* StepList::button(WizardPage page) const {
  return buttons_[static_cast<int>(page)];
}

void StepList::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  painter.fillRect(width() - 1, 0, 1, height(), ui::theme_palette().border);
}

}  // namespace diptych::finetune
