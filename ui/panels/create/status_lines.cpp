#include "ui/panels/create/status_lines.h"

#include <QHBoxLayout>
#include <QProgressBar>

#include "ui/client/text.h"
#include "ui/panels/create/create_controller.h"
#include "ui/panels/create/figures.h"
#include "ui/theme/typography.h"
#include "ui/widgets/elided_label.h"

namespace diptych::create {

StatusLines::StatusLines(CreateController* controller, QWidget* parent)
    : QWidget(parent),
      controller_(controller),
      bar_(new QProgressBar(this)),
      progress_(new ui::ElidedLabel({}, this)),
      about_(new ui::ElidedLabel({}, this)),
      metrics_(new QWidget(this)),
      metrics_row_(new QHBoxLayout(metrics_)) {
  bar_->setRange(0, 1000);
  bar_->setTextVisible(false);
  bar_->setFixedHeight(4);
  bar_->setAccessibleName(tr("Progress"));
  bar_->setObjectName(QStringLiteral("imageProgress"));
  progress_->setObjectName(QStringLiteral("progressText"));
  about_->setObjectName(QStringLiteral("aboutPicture"));
  progress_->setFont(ui::text_font(ui::TextSize::body));
  about_->setFont(ui::text_font(ui::TextSize::body));
  metrics_->setObjectName(QStringLiteral("metrics"));
  metrics_row_->setContentsMargins(0, 0, 0, 0);
  metrics_row_->setSpacing(16);
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(16, 8, 16, 10);
  column->setSpacing(4);
  column->addWidget(bar_);
  column->addWidget(progress_);
  column->addWidget(about_);
  column->addWidget(metrics_);
  connect(controller, &CreateController::progress_changed, this, &StatusLines::show_progress);
  connect(controller, &CreateController::busy_changed, this, &StatusLines::show_progress);
  connect(controller, &CreateController::picture_changed, this, &StatusLines::show_metrics);
  show_progress();
  show_metrics();
}

void StatusLines::show_progress() {
  const bool busy = controller_->busy();
  bar_->setVisible(busy);
  progress_->setVisible(busy);
  if (!busy) return;
  const api::ImageProgress progress = controller_->progress().value_or(api::ImageProgress());
  bar_->setValue(static_cast<int>(progress.progress * 1000));
  QString line = progress_line(progress);
  if (const int waiting = controller_->queue()->waiting(); waiting > 0)
    line += QStringLiteral(" · ") + (waiting == 1 ? tr("1 waits") : tr("%1 wait").arg(waiting));
  progress_->set_text(line);
}

void StatusLines::show_metrics() {
  const api::ImageInfo* image = controller_->shown_info();
  about_->setVisible(image != nullptr);
  while (QLayoutItem* item = metrics_row_->takeAt(0)) {
    if (item->widget()) item->widget()->deleteLater();
    delete item;
  }
  const QList<Metric> list = image ? metrics(*image) : QList<Metric>();
  metrics_->setVisible(!list.isEmpty());
  setVisible(image || controller_->busy() || !controller_->picture().isNull());
  if (!image) return;
  about_->set_text(about_line(*image));
  about_->set_hint(ui::qt(image->prompt));
  for (const Metric& metric : list) {
    auto* label = new ui::ElidedLabel(metric.text, metrics_);
    label->setFont(ui::text_font(ui::TextSize::caption));
    label->setForegroundRole(QPalette::PlaceholderText);
    label->set_hint(metric.tooltip);
    metrics_row_->addWidget(label);
  }
  metrics_row_->addStretch(1);
}

}  // namespace diptych::create
