#include "ui/panels/create/status_lines.h"

#include <QAccessible>
#include <QLabel>
#include <QProgressBar>
#include <QVBoxLayout>

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
      metrics_(new QLabel(this)) {
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
  metrics_->setFont(ui::text_font(ui::TextSize::caption));
  metrics_->setForegroundRole(QPalette::PlaceholderText);
  metrics_->setTextFormat(Qt::PlainText);
  metrics_->setWordWrap(true);
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
  connect(controller, &CreateController::image_finished, this,
          [this](const api::ImageInfo& image) { say(tr("Picture finished: %1").arg(ui::qt(image.prompt))); });
  show_progress();
  show_metrics();
}

void StatusLines::say(const QString& text) {
  setAccessibleName(text);
  if (!QAccessible::isActive()) return;
  QAccessibleEvent alert(this, QAccessible::Alert);
  QAccessible::updateAccessibility(&alert);
}

void StatusLines::show_progress() {
  const bool busy = controller_->busy();
  if (busy != std::exchange(was_busy_, busy)) say(busy ? tr("Making a picture") : tr("Nothing runs any more"));
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
  QStringList figures, explained;
  if (image)
    for (const Metric& metric : metrics(*image)) {
      figures << QString(metric.text).replace(QLatin1Char(' '), QChar(QChar::Nbsp));  // lines break between them
      explained << metric.text + QLatin1Char('\n') + metric.tooltip;
    }
  metrics_->setVisible(!figures.isEmpty());
  metrics_->setText(figures.join(QStringLiteral("   ")));
  metrics_->setToolTip(explained.join(QStringLiteral("\n\n")));
  setVisible(image || controller_->busy() || !controller_->picture().isNull());
  if (!image) return;
  about_->set_text(about_line(*image));
  about_->set_hint(ui::qt(image->prompt));
}

}  // namespace diptych::create
