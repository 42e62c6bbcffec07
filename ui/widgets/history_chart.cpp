#include "ui/widgets/history_chart.h"

#include <qcustomplot.h>

#include <QKeyEvent>
#include <QLabel>
#include <QPainter>
#include <QVBoxLayout>
#include <algorithm>
#include <cmath>

#include "ui/theme/style.h"
#include "ui/theme/style_paint.h"
#include "ui/theme/theme.h"
#include "ui/theme/typography.h"
#include "ui/widgets/gauge.h"
#include "ui/widgets/gauge_history.h"
#include "ui/widgets/quantity.h"

namespace diptych::ui {
namespace {

constexpr double span_s = GaugeHistory::span_ms / 1000.0;
constexpr MemoryOwner stacked[]{MemoryOwner::weights,       MemoryOwner::kv_cache,  MemoryOwner::activations,
                                MemoryOwner::workspace,     MemoryOwner::gradients, MemoryOwner::optimizer,
                                MemoryOwner::other_programs};

double gigabytes_of(const GaugeSnapshot& snapshot, MemoryOwner owner) {
  double bytes = 0;
  for (const MemoryShare& share : snapshot.memory)
    if (share.owner == owner) bytes += share.bytes;
  return bytes / 1e9;
}

// A round number a little above the value, so that the axis does not breathe.
double round_up(double value) {
  if (value <= 0) return 1;
  const double step = std::pow(10.0, std::floor(std::log10(value)));
  for (const double factor : {1.0, 1.5, 2.0, 3.0, 5.0, 7.5, 10.0})
    if (factor * step >= value) return factor * step;
  return 10 * step;
}

}  // namespace

HistoryChart::HistoryChart(GaugeKind kind, const GaugeHistory* history, QWidget* parent)
    : QWidget(parent),
      kind_(kind),
      history_(history),
      title_(new QLabel(this)),
      readout_(new QLabel(this)),
      plot_(new QCustomPlot(this)) {
  setFocusPolicy(Qt::StrongFocus);
  setAccessibleName(tr("%1 history").arg(gauge_title(kind)));
  setWhatsThis(tr("The last ten minutes. Left and Right move the readout, Home and End go to the oldest and newest."));
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(2 * grid, grid + 4, 2 * grid, grid);
  column->setSpacing(4);
  auto* head = new QHBoxLayout;
  title_->setText(tr("%1, %2").arg(gauge_title(kind), gauge_unit(kind)));
  title_->setFont(text_font(TextSize::body, QFont::DemiBold));
  readout_->setFont(text_font(TextSize::body));
  head->addWidget(title_);
  head->addStretch();
  head->addWidget(readout_);
  column->addLayout(head);
  column->addWidget(plot_, 1);
  plot_->setFocusPolicy(Qt::NoFocus);
  plot_->setMouseTracking(true);
  plot_->installEventFilter(this);
  plot_->setNoAntialiasingOnDrag(false);
  make_graphs();
  restyle();
}

void HistoryChart::make_graphs() {
  const int count = kind_ == GaugeKind::memory ? static_cast<int>(std::size(stacked)) : 1;
  for (int i = 0; i < count; ++i) {
    plot_->addGraph();
    if (i > 0) plot_->graph(i)->setChannelFillGraph(plot_->graph(i - 1));
  }
  if (kind_ != GaugeKind::memory) plot_->addGraph();  // the limit
  cursor_ = new QCPItemLine(plot_);
  cursor_->setVisible(false);
  plot_->xAxis->setRange(-span_s, 0);
  QSharedPointer<QCPAxisTickerText> ticks(new QCPAxisTickerText);
  for (int minutes = 10; minutes > 0; minutes -= 2) ticks->addTick(-60.0 * minutes, tr("−%1 min").arg(minutes));
  ticks->addTick(0, tr("now"));
  plot_->xAxis->setTicker(ticks);
  plot_->yAxis->ticker()->setTickCount(4);
  plot_->axisRect()->setupFullAxesBox(false);
  plot_->xAxis->setTickLabelPadding(grid);
  for (QCPAxis* axis : {plot_->xAxis2, plot_->yAxis2}) axis->setVisible(false);
  plot_->axisRect()->setMinimumMargins({0, 6, 22, 0});
  plot_->yAxis->setNumberFormat(QStringLiteral("gb"));
  plot_->yAxis->setNumberPrecision(4);
}

void HistoryChart::restyle() {
  const Palette& palette = theme_palette();
  plot_->setBackground(QBrush(palette.surface));
  for (QCPAxis* axis : {plot_->xAxis, plot_->yAxis}) {
    axis->setBasePen(QPen(palette.border));
    axis->setTickPen(Qt::NoPen);
    axis->setSubTickPen(Qt::NoPen);
    axis->setTickLabelColor(palette.secondary);
    axis->setTickLabelFont(text_font(TextSize::caption));
    axis->grid()->setPen(QPen(palette.border));
    axis->grid()->setZeroLinePen(QPen(palette.border));
  }
  plot_->xAxis->grid()->setVisible(false);
  cursor_->setPen(QPen(palette.secondary, 1));
  if (kind_ == GaugeKind::memory) {
    for (int i = 0; i < plot_->graphCount(); ++i) {
      const MemoryOwner owner = stacked[i];
      const QColor color = palette.owner(owner);
      plot_->graph(i)->setPen(QPen(color, 1));
      plot_->graph(i)->setBrush(owner == MemoryOwner::other_programs ? QBrush(color, Qt::BDiagPattern) : QBrush(color));
    }
  } else {
    QColor fill = palette.accent;
    fill.setAlpha(36);
    plot_->graph(0)->setPen(QPen(palette.accent, 1.5));
    plot_->graph(0)->setBrush(fill);
    plot_->graph(1)->setPen(QPen(palette.secondary, 1, Qt::DashLine));
  }
  QPalette quiet = QPalette();
  quiet.setColor(QPalette::WindowText, palette.secondary);
  readout_->setPalette(quiet);
  plot_->replot(QCustomPlot::rpQueuedReplot);
}

void HistoryChart::refresh() {
  if (!isVisible()) return;  // showEvent() takes what was missed
  const auto& snapshots = history_->snapshots();
  double top = 0;
  if (!snapshots.empty()) {
    const qint64 now = snapshots.back().time_ms;
    QVector<double> times, limits;
    QVector<QVector<double>> values(plot_->graphCount());
    for (const GaugeSnapshot& snapshot : snapshots) {
      times << static_cast<double>(snapshot.time_ms - now) / 1000;
      if (kind_ == GaugeKind::memory) {
        double sum = 0;
        for (int i = 0; i < plot_->graphCount(); ++i) values[i] << (sum += gigabytes_of(snapshot, stacked[i]));
        top = std::max(top, snapshot.capacity_bytes / 1e9);
      } else {
        const Reading& reading = *gauge_reading(snapshot, kind_);
        values[0] << reading.value.value_or(qQNaN());  // a gap where nothing was read
        limits << (reading.limit > 0 ? reading.limit : qQNaN());
        top = std::max({top, reading.value.value_or(0), reading.limit});
      }
    }
    for (int i = 0; i < values.size(); ++i) {
      const bool limit = kind_ != GaugeKind::memory && i == 1;
      plot_->graph(i)->setData(times, limit ? limits : values[i], true);
    }
  }
  plot_->yAxis->setRange(0, round_up(top * 1.02));
  if (cursor_seconds_ >= 0)
    read_at(cursor_seconds_);
  else
    clear_readout();
  plot_->replot(QCustomPlot::rpQueuedReplot);
}

QString HistoryChart::readout() const {
  return readout_->text();
}

void HistoryChart::read_at(double seconds_ago) {
  const auto& snapshots = history_->snapshots();
  if (snapshots.empty()) return;
  cursor_seconds_ = std::clamp(seconds_ago, 0.0, span_s);
  const qint64 now = snapshots.back().time_ms;
  const auto wanted = now - static_cast<qint64>(cursor_seconds_ * 1000);
  const auto nearest = std::ranges::min_element(
      snapshots, {}, [wanted](const GaugeSnapshot& snapshot) { return std::abs(snapshot.time_ms - wanted); });
  const QString value = kind_ == GaugeKind::memory ? format_bytes_of(nearest->used_bytes(), nearest->capacity_bytes)
                                                   : reading_text(kind_, *gauge_reading(*nearest, kind_));
  const double shown = static_cast<double>(now - nearest->time_ms) / 1000;
  readout_->setText(shown < 1 ? tr("%1 now").arg(value)
                              : tr("%1, %2 ago").arg(value, format_duration_s(std::round(shown))));
  setAccessibleDescription(readout_->text());
  cursor_->start->setCoords(-shown, plot_->yAxis->range().lower);
  cursor_->end->setCoords(-shown, plot_->yAxis->range().upper);
  cursor_->setVisible(true);
  plot_->replot(QCustomPlot::rpQueuedReplot);
}

void HistoryChart::clear_readout() {
  cursor_seconds_ = -1;
  cursor_->setVisible(false);
  const GaugeSnapshot* latest = history_->latest();
  if (!latest) {
    readout_->setText(tr("no readings yet"));
  } else if (kind_ == GaugeKind::memory) {
    readout_->setText(format_bytes_of(latest->used_bytes(), latest->capacity_bytes));
  } else {
    const Reading& reading = *gauge_reading(*latest, kind_);
    readout_->setText(reading_text(kind_, reading) +
                      (reading.value ? QLatin1Char(' ') + provenance_mark(reading.provenance) : QString()));
    readout_->setToolTip(reading_tooltip(kind_, reading));
  }
  setAccessibleDescription(readout_->text());
}

void HistoryChart::keyPressEvent(QKeyEvent* event) {
  const double step = event->modifiers().testFlag(Qt::ShiftModifier) ? 30 : 1;
  const double at = std::max(0.0, cursor_seconds_);
  switch (event->key()) {
    case Qt::Key_Left:
      return read_at(cursor_seconds_ < 0 ? 0 : at + step);
    case Qt::Key_Right:
      return read_at(at - step);
    case Qt::Key_Home:
      return read_at(span_s);
    case Qt::Key_End:
      return read_at(0);
    default:
      QWidget::keyPressEvent(event);
  }
}

bool HistoryChart::eventFilter(QObject* watched, QEvent* event) {
  if (event->type() == QEvent::MouseMove) {
    read_at(-plot_->xAxis->pixelToCoord(static_cast<QMouseEvent*>(event)->position().x()));
  } else if (event->type() == QEvent::Leave) {
    clear_readout();
    plot_->replot(QCustomPlot::rpQueuedReplot);
  }
  return QWidget::eventFilter(watched, event);
}

void HistoryChart::focusInEvent(QFocusEvent* event) {
  QWidget::focusInEvent(event);
  update();
}

void HistoryChart::focusOutEvent(QFocusEvent* event) {
  QWidget::focusOutEvent(event);
  clear_readout();
  plot_->replot(QCustomPlot::rpQueuedReplot);
  update();
}

void HistoryChart::showEvent(QShowEvent* event) {
  QWidget::showEvent(event);
  refresh();
}

void HistoryChart::changeEvent(QEvent* event) {
  if (event->type() == QEvent::PaletteChange) restyle();
  QWidget::changeEvent(event);
}

void HistoryChart::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  const Palette& palette = theme_palette();
  paint_box(painter, rect(), radius, palette.surface, palette.border);
  if (hasFocus()) paint_focus_ring(painter, rect(), radius, palette.accent);
}

}  // namespace diptych::ui
