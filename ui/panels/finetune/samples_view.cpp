#include "ui/panels/finetune/samples_view.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QSlider>
#include <algorithm>

#include "ui/client/text.h"
#include "ui/panels/finetune/answer_card.h"
#include "ui/panels/finetune/page_frame.h"
#include "ui/panels/finetune/run_watch.h"
#include "ui/panels/finetune/run_words.h"
#include "ui/theme/style.h"

namespace diptych::finetune {

using ui::qt;

SamplesView::SamplesView(RunWatch* watch, QWidget* parent)
    : QWidget(parent),
      watch_(watch),
      prompt_(new QComboBox(this)),
      step_(new QSlider(Qt::Horizontal, this)),
      step_text_(make_quiet({}, this)),
      empty_(make_quiet(tr("No samples yet. They come every so many steps, or when you ask for one."), this)),
      page_(new QWidget(this)),
      before_(new AnswerCard(page_)),
      now_(new AnswerCard(page_)) {
  setObjectName(QStringLiteral("samples"));
  prompt_->setAccessibleName(tr("Sample prompt"));
  prompt_->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
  prompt_->setMinimumContentsLength(16);
  step_->setAccessibleName(tr("After how many steps"));
  step_->setFixedWidth(160);
  step_->setPageStep(1);
  step_text_->setMinimumWidth(96);
  before_->set_title(tr("Base"));
  before_->setObjectName(QStringLiteral("sampleBefore"));
  now_->setObjectName(QStringLiteral("sampleNow"));
  auto* head = new QHBoxLayout;
  head->addWidget(make_heading(tr("Samples"), this));
  auto* choose = new QHBoxLayout;
  choose->setSpacing(ui::grid);
  choose->addWidget(prompt_, 1);
  choose->addWidget(step_);
  choose->addWidget(step_text_);
  auto* both = new QHBoxLayout;
  both->setSpacing(12);
  both->addWidget(before_, 1);
  both->addWidget(now_, 1);
  auto* inside = new QVBoxLayout(page_);
  inside->setContentsMargins(0, 0, 0, 0);
  inside->setSpacing(ui::grid);
  inside->addLayout(choose);
  inside->addLayout(both);
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(ui::grid);
  column->addLayout(head);
  column->addWidget(empty_);
  column->addWidget(page_);
  connect(prompt_, &QComboBox::currentIndexChanged, this, &SamplesView::show_sample);
  connect(step_, &QSlider::valueChanged, this, &SamplesView::show_sample);
  connect(watch, &RunWatch::samples_changed, this, &SamplesView::refresh);
  connect(watch, &RunWatch::opened, this, &SamplesView::refresh);
  refresh();
}

// The newest samples are followed, unless the user looks at earlier ones.
void SamplesView::refresh() {
  const auto steps = watch_->sampled_steps();
  empty_->setVisible(steps.empty());
  page_->setVisible(!steps.empty());
  if (steps.empty()) return;
  {
    const QSignalBlocker quiet_step(step_), quiet_prompt(prompt_);
    const bool at_end = step_->value() == step_->maximum();
    step_->setRange(0, static_cast<int>(steps.size()) - 1);
    if (at_end) step_->setValue(step_->maximum());
    step_->setVisible(steps.size() > 1);
    const auto samples = watch_->samples_of(steps.back());
    QStringList prompts;
    for (const api::TrainingSample& sample : samples) prompts << qt(sample.prompt);
    QStringList shown;
    for (int i = 0; i < prompt_->count(); ++i) shown << prompt_->itemText(i);
    if (prompts != shown && prompts.size() >= shown.size()) {
      const int kept = std::max(0, prompt_->currentIndex());
      prompt_->clear();
      prompt_->addItems(prompts);
      prompt_->setCurrentIndex(kept);
    }
  }
  show_sample();
}

void SamplesView::show_sample() {
  const auto steps = watch_->sampled_steps();
  if (steps.empty()) return;
  const int64_t step = steps[static_cast<size_t>(std::clamp(step_->value(), 0, static_cast<int>(steps.size()) - 1))];
  step_text_->setText(tr("after step %1").arg(count_text(step)));
  now_->set_title(tr("After step %1").arg(count_text(step)));
  const QString prompt = prompt_->currentText();
  const auto image = [this](const std::string& name) {
    const QImage* found = watch_->picture(qt(name));
    return found ? *found : QImage();
  };
  bool found = false;
  for (const api::TrainingSample& sample : watch_->samples_of(step)) {
    if (qt(sample.prompt) != prompt) continue;
    found = true;
    before_->set_text(qt(sample.baseline_text));
    now_->set_text(qt(sample.text));
    before_->set_image(image(sample.baseline_image));
    now_->set_image(image(sample.image));
    now_->setToolTip(tr("seed %1, of both").arg(sample.seed));
  }
  now_->set_status(found ? QString() : tr("this prompt was not sampled then"));
}

}  // namespace diptych::finetune
