#include "ui/panels/create/generate_bar.h"

#include <QHBoxLayout>
#include <QPushButton>

#include "ui/panels/create/create_controller.h"
#include "ui/panels/create/figures.h"
#include "ui/theme/typography.h"
#include "ui/widgets/elided_label.h"

namespace diptych::create {
namespace {

constexpr int button_width = 116;
constexpr int bar_button_height = 36;

}  // namespace

GenerateBar::GenerateBar(CreateController* controller, QWidget* parent)
    : QWidget(parent),
      controller_(controller),
      button_(new QPushButton(this)),
      add_(new QPushButton(tr("Add"), this)),
      queue_(new QPushButton(this)),
      time_(new ui::ElidedLabel({}, this)),
      memory_(new ui::ElidedLabel({}, this)) {
  button_->setObjectName(QStringLiteral("generateButton"));
  button_->setAutoDefault(false);
  button_->setMinimumWidth(button_width);
  add_->setObjectName(QStringLiteral("addToQueue"));
  add_->setToolTip(tr("Make another one after those that wait (Ctrl+Enter)"));
  add_->setAccessibleName(tr("Add to the queue"));
  queue_->setObjectName(QStringLiteral("queueButton"));
  queue_->setToolTip(tr("What runs and what waits"));
  for (QPushButton* button : {button_, add_, queue_}) button->setFixedHeight(bar_button_height);
  time_->setObjectName(QStringLiteral("predictedTime"));
  memory_->setObjectName(QStringLiteral("predictedMemory"));
  auto* lines = new QVBoxLayout;
  lines->setSpacing(0);
  for (ui::ElidedLabel* label : {time_, memory_}) {
    label->setFont(ui::text_font(ui::TextSize::caption));
    label->setForegroundRole(QPalette::PlaceholderText);
    lines->addWidget(label);
  }
  auto* row = new QHBoxLayout(this);
  row->setContentsMargins(0, 0, 0, 0);
  row->setSpacing(8);
  row->addWidget(button_);
  row->addLayout(lines, 1);
  row->addWidget(add_);
  row->addWidget(queue_);
  connect(button_, &QPushButton::clicked, this, [this] {
    if (controller_->busy())
      controller_->cancel_running();
    else
      controller_->generate();
  });
  connect(add_, &QPushButton::clicked, controller, &CreateController::generate);
  connect(queue_, &QPushButton::clicked, this, &GenerateBar::queue_requested);
  connect(controller, &CreateController::busy_changed, this, &GenerateBar::refresh);
  connect(controller, &CreateController::estimate_changed, this, &GenerateBar::refresh);
  connect(controller, &CreateController::models_changed, this, &GenerateBar::refresh);
  refresh();
}

void GenerateBar::refresh() {
  const bool busy = controller_->busy();
  const int waiting = controller_->queue()->waiting();
  const QString blocked = controller_->blocked();
  button_->setText(busy ? tr("Cancel") : tr("Generate"));
  button_->setAccessibleName(busy ? tr("Cancel the running job") : tr("Generate"));
  button_->setToolTip(busy                ? tr("Stops within a step; what is finished stays (Esc)")
                      : blocked.isEmpty() ? tr("Make the picture (Ctrl+Enter)")
                                          : blocked);
  button_->setEnabled(busy || blocked.isEmpty());
  if (button_->property("primary").toBool() == busy) {
    button_->setProperty("primary", !busy);
    button_->update();
  }
  add_->setVisible(busy);
  queue_->setVisible(busy || waiting > 0);
  queue_->setText(waiting > 0 ? tr("Queue %1").arg(waiting) : tr("Queue"));
  queue_->setAccessibleName(waiting == 1 ? tr("Queue, 1 job waits") : tr("Queue, %1 jobs wait").arg(waiting));
  show_prediction();
}

void GenerateBar::show_prediction() {
  const bool busy = controller_->busy() || controller_->queue()->waiting() > 0;
  time_->setVisible(!busy);
  memory_->setVisible(!busy);
  const auto& estimate = controller_->estimate();
  const auto& failure = controller_->estimate_failure();
  QString first, second, tip;
  bool problem = false;
  if (const QString blocked = controller_->blocked(); !blocked.isEmpty()) {
    first = tr("Cannot generate yet");
    second = tip = blocked;
  } else if (estimate) {
    first = time_line(*estimate);
    second = memory_line(*estimate);
    tip = estimate_tooltip(*estimate);
    problem = !estimate->fits;
  } else if (failure) {
    first = failure->what;
    second = failure->why;
    tip = failure->text();
    problem = true;
  }
  time_->set_text(first);
  memory_->set_text(second);
  for (ui::ElidedLabel* label : {time_, memory_})
    label->setForegroundRole(problem ? QPalette::BrightText : QPalette::PlaceholderText);
  setToolTip(tip);
}

}  // namespace diptych::create
