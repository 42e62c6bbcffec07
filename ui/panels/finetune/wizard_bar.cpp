#include "ui/panels/finetune/wizard_bar.h"

#include <QHBoxLayout>
#include <QPainter>
#include <QPushButton>

#include "ui/panels/finetune/finetune_controller.h"
#include "ui/panels/finetune/run_words.h"
#include "ui/theme/style.h"
#include "ui/theme/theme.h"
#include "ui/widgets/elided_label.h"
#include "ui/widgets/quantity.h"

namespace diptych::finetune {
namespace {

constexpr int bar_button_height = 36;

// "○ 9 min 40 s, ◐ 1.21 GB": what is about to be started.
QString cost_text(const api::TrainingPlan& plan) {
  return QStringLiteral("%1 · ◐ %2")
      .arg(duration_text(plan.seconds), ui::format_bytes(static_cast<double>(plan.memory_bytes)));
}

}  // namespace

WizardBar::WizardBar(FinetuneController* controller, QWidget* parent)
    : QWidget(parent),
      controller_(controller),
      back_(new QPushButton(tr("Back"), this)),
      another_(new QPushButton(tr("Another like this"), this)),
      hint_(new ui::ElidedLabel({}, this)),
      next_(new QPushButton(this)) {
  back_->setObjectName(QStringLiteral("back"));
  another_->setObjectName(QStringLiteral("another"));
  another_->setToolTip(tr("A new fine-tuning with the same base and data"));
  next_->setObjectName(QStringLiteral("next"));
  next_->setMinimumWidth(116);
  next_->setProperty("primary", true);
  hint_->setObjectName(QStringLiteral("hint"));
  hint_->setForegroundRole(QPalette::PlaceholderText);
  hint_->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
  hint_->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Fixed);
  for (QPushButton* button : {back_, another_, next_}) {
    button->setAutoDefault(false);
    button->setFixedHeight(bar_button_height);
  }
  auto* row = new QHBoxLayout(this);
  row->setContentsMargins(3 * ui::grid, 10, 3 * ui::grid, 10);
  row->setSpacing(12);
  row->addWidget(back_);
  row->addWidget(another_);
  row->addWidget(hint_, 1);
  row->addWidget(next_);
  connect(back_, &QPushButton::clicked, controller, [controller] {
    if (controller->page() != WizardPage::base)
      controller->go(static_cast<WizardPage>(static_cast<int>(controller->page()) - 1));
  });
  connect(another_, &QPushButton::clicked, controller,
          [controller] { controller->another_like(controller->current()); });
  connect(next_, &QPushButton::clicked, controller, &FinetuneController::go_on);
  connect(controller, &FinetuneController::steps_changed, this, &WizardBar::refresh);
  connect(controller, &FinetuneController::page_changed, this, &WizardBar::refresh);
  refresh();
}

void WizardBar::refresh() {
  const WizardPage page = controller_->page();
  const bool run = controller_->shows_run();
  const QString blocked = controller_->blocked();
  back_->setVisible(run ? page == WizardPage::result : page != WizardPage::base);
  another_->setVisible(run);
  next_->setVisible(page != WizardPage::result);
  next_->setText(page == WizardPage::check ? tr("Start") : page == WizardPage::run ? tr("To the result") : tr("Next"));
  next_->setEnabled(blocked.isEmpty());
  const auto& plan = controller_->draft()->prediction().plan;
  QString hint = page == WizardPage::result ? QString() : blocked;
  if (page == WizardPage::check && !run && blocked.isEmpty() && plan) hint = cost_text(*plan);
  hint_->set_text(hint);
  next_->setToolTip(page == WizardPage::check && blocked.isEmpty()
                        ? tr("It goes on when the window is closed (Ctrl+Enter)")
                        : blocked);
  next_->setAccessibleDescription(blocked);
}

void WizardBar::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  painter.fillRect(0, 0, width(), 1, ui::theme_palette().border);
}

}  // namespace diptych::finetune
