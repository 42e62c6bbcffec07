#include "ui/panels/finetune/run_charts.h"

#include <QGridLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QLocale>
#include <QSlider>
#include <algorithm>
#include <limits>

#include "ui/panels/finetune/page_frame.h"
#include "ui/panels/finetune/run_watch.h"
#include "ui/panels/finetune/smoothing.h"
#include "ui/panels/finetune/step_chart.h"
#include "ui/theme/style.h"

namespace diptych::finetune {
namespace {

enum LossSeries { raw, training, validation };
enum MemorySeries { measured, predicted };
constexpr int smoothing_steps = 100;
constexpr int redraw_ms = 100;
constexpr int four_columns_from = 1120, two_columns_from = 540;  // px: room for figures with their names

}  // namespace

RunCharts::RunCharts(RunWatch* watch, QWidget* parent)
    : QWidget(parent),
      watch_(watch),
      grid_(new QGridLayout),
      slider_(new QSlider(Qt::Horizontal, this)),
      slider_text_(make_quiet({}, this)),
      loss_(new StepChart(tr("Loss"), this)),
      norm_(new StepChart(tr("Gradient norm"), this)),
      rate_(new StepChart(tr("Learning rate"), this)),
      speed_(new StepChart(tr("Speed"), this)),
      memory_(new StepChart(tr("Memory, GB"), this)) {
  loss_->add_series({}, LineStyle::faint, 0);
  loss_->add_series(tr("training"), LineStyle::solid, 0);
  loss_->add_series(tr("validation"), LineStyle::points, 1);
  loss_->setObjectName(QStringLiteral("lossChart"));
  loss_->setMinimumHeight(240);
  norm_->add_series(tr("norm"), LineStyle::solid, 2);
  rate_->add_series(tr("rate"), LineStyle::solid, 3);
  speed_->add_series(tr("speed"), LineStyle::solid, 4);
  memory_->add_series(tr("used"), LineStyle::solid, 0);
  memory_->add_series(tr("predicted"), LineStyle::dashed, 1);
  memory_->setObjectName(QStringLiteral("memoryChart"));
  for (StepChart* chart : {rate_, speed_, memory_}) chart->set_from_zero(true);
  for (StepChart* chart : {norm_, rate_, speed_, memory_}) chart->setFixedHeight(156);
  slider_->setRange(0, smoothing_steps - 1);
  slider_->setValue(80);
  slider_->setFixedWidth(140);
  slider_->setObjectName(QStringLiteral("smoothing"));
  slider_->setAccessibleName(tr("Smoothing of the training loss"));
  slider_->setToolTip(tr("How much of the steps before goes into each point; the pale line is not smoothed"));
  auto* label = make_quiet(tr("Smoothing"), this);
  label->setBuddy(slider_);
  auto* line = new QHBoxLayout;
  line->addStretch(1);
  for (QWidget* widget :
       {static_cast<QWidget*>(label), static_cast<QWidget*>(slider_), static_cast<QWidget*>(slider_text_)})
    line->addWidget(widget, 0);
  slider_text_->setMinimumWidth(32);
  grid_->setSpacing(12);
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(ui::grid);
  column->addWidget(loss_, 1);
  column->addLayout(line);
  column->addLayout(grid_);
  connect(slider_, &QSlider::valueChanged, this, &RunCharts::refresh);
  refresh_timer_.setSingleShot(true);
  refresh_timer_.setInterval(redraw_ms);
  connect(&refresh_timer_, &QTimer::timeout, this, &RunCharts::refresh);
  connect(watch, &RunWatch::stepped, this, [this] {  // small models make hundreds of steps a second
    if (!refresh_timer_.isActive()) refresh_timer_.start();
  });
  connect(watch, &RunWatch::opened, this, &RunCharts::refresh);
  arrange();
  refresh();
}

double RunCharts::smoothing() const {
  return slider_->value() / static_cast<double>(smoothing_steps);
}

void RunCharts::refresh() {
  slider_text_->setText(QLocale().toString(smoothing(), 'f', 2));
  constexpr double none = std::numeric_limits<double>::quiet_NaN();
  QList<double> steps, losses, norms, rates, speeds, memory, validated_steps, validated;
  bool images = false;
  for (const api::TrainingStep& step : watch_->steps()) {
    steps << static_cast<double>(step.step);
    losses << step.loss.value_or(none);
    norms << step.grad_norm.value_or(none);
    rates << step.learning_rate;
    images = images || step.images_per_s;
    speeds << (step.images_per_s ? *step.images_per_s : step.tokens_per_s.value_or(none));
    memory << static_cast<double>(step.memory_bytes) / 1e9;
    if (!step.validation_loss) continue;
    validated_steps << static_cast<double>(step.step);
    validated << *step.validation_loss;
  }
  loss_->set_data(raw, steps, losses);
  loss_->set_data(training, steps, smoothed(losses, smoothing()));
  loss_->set_data(validation, validated_steps, validated);
  norm_->set_data(0, steps, norms);
  rate_->set_data(0, steps, rates);
  speed_->set_data(0, steps, speeds);
  speed_->set_note(images ? tr("images/s") : tr("tokens/s"));
  memory_->set_data(measured, steps, memory);
  const api::TrainingRun* run = watch_->run();
  const double whole = run ? static_cast<double>(run->steps) : 0;
  if (run && run->predicted_memory_bytes && !steps.isEmpty()) {
    const double gigabytes = static_cast<double>(*run->predicted_memory_bytes) / 1e9;
    memory_->set_data(predicted, {steps.first(), steps.last()}, {gigabytes, gigabytes});
  } else {
    memory_->set_data(predicted, {}, {});
  }
  for (StepChart* chart : {loss_, norm_, rate_, speed_, memory_}) {
    chart->set_last_step(whole);
    chart->refresh();
  }
}

void RunCharts::resizeEvent(QResizeEvent* event) {
  QWidget::resizeEvent(event);
  arrange();
}

void RunCharts::arrange() {
  const int columns = width() >= four_columns_from ? 4 : width() >= two_columns_from ? 2 : 1;
  if (columns == columns_) return;
  columns_ = columns;
  int at = 0;
  for (StepChart* chart : {norm_, rate_, speed_, memory_}) {
    grid_->addWidget(chart, at / columns, at % columns);
    ++at;
  }
}

}  // namespace diptych::finetune
