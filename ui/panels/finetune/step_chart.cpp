#include "ui/panels/finetune/step_chart.h"

#include <qcustomplot.h>

#include <QBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QLocale>
#include <QPainter>
#include <QVBoxLayout>
#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "ui/theme/style.h"
#include "ui/theme/style_paint.h"
#include "ui/theme/theme.h"
#include "ui/theme/typography.h"
#include "ui/widgets/elided_label.h"
#include "ui/widgets/quantity.h"

namespace diptych::finetune {
namespace {

constexpr QMargins margins(16, 10, 12, 6);
constexpr int head_gap = 8;                      // px, between title, note and readout
constexpr int label_height = 15, label_gap = 6;  // px, of the names at the ends of lines

QString at_step(double step, const QString& values) {
  return StepChart::tr("step %1: %2").arg(QLocale().toString(static_cast<qlonglong>(step)), values);
}

QColor series_color(int number) {
  const QList<QColor> colors = ui::theme_palette().series();
  return colors[number % colors.size()];
}

}  // namespace

StepChart::StepChart(const QString& title, QWidget* parent)
    : QWidget(parent),
      title_(new QLabel(title, this)),
      note_(new QLabel(this)),
      head_(new QBoxLayout(QBoxLayout::LeftToRight)),
      readout_(new ui::ElidedLabel({}, this)),
      plot_(new QCustomPlot(this)),
      cursor_(new QCPItemLine(plot_)) {
  setFocusPolicy(Qt::StrongFocus);
  setAccessibleName(title);
  setWhatsThis(tr("Left and Right move the readout by a step, Home and End go to the first and the last."));
  title_->setFont(ui::text_font(ui::TextSize::body, QFont::DemiBold));
  note_->setFont(ui::text_font(ui::TextSize::caption));
  note_->setForegroundRole(QPalette::PlaceholderText);
  readout_->setForegroundRole(QPalette::PlaceholderText);
  note_->hide();
  auto* titles = new QHBoxLayout;
  titles->setSpacing(head_gap);
  titles->addWidget(title_);
  titles->addWidget(note_, 1);
  head_->setSpacing(head_gap);
  head_->addLayout(titles);
  head_->addWidget(readout_, 1);
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(margins);
  column->setSpacing(2);
  column->addLayout(head_);
  column->addWidget(plot_, 1);
  plot_->setFocusPolicy(Qt::NoFocus);
  plot_->setMouseTracking(true);
  plot_->installEventFilter(this);
  plot_->setNoAntialiasingOnDrag(false);
  for (QCPAxis* axis : {plot_->xAxis2, plot_->yAxis2}) axis->setVisible(false);
  plot_->axisRect()->setMinimumMargins({0, 6, 8, 0});
  plot_->xAxis->ticker()->setTickCount(5);
  plot_->xAxis->setNumberFormat(QStringLiteral("f"));
  plot_->xAxis->setNumberPrecision(0);
  plot_->yAxis->ticker()->setTickCount(4);
  plot_->yAxis->setNumberFormat(QStringLiteral("gb"));
  plot_->yAxis->setNumberPrecision(4);
  cursor_->setVisible(false);
  connect(plot_, &QCustomPlot::afterLayout, this, [this] {  // when it is known how large it is
    make_room();
    place_labels();
  });
  restyle();
  clear_readout();
}

int StepChart::add_series(const QString& name, LineStyle style, int color) {
  Series series;
  series.name = name;
  series.style = style;
  series.color = color;
  plot_->addGraph();
  if (!name.isEmpty()) {
    series.label = new QCPItemText(plot_);
    series.label->setText(name);
    series.label->setPositionAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    series.label->setVisible(false);
  }
  series_ << series;
  restyle();
  return static_cast<int>(series_.size()) - 1;
}

void StepChart::set_data(int series, const QList<double>& steps, const QList<double>& values) {
  series_[series].steps = steps;
  series_[series].values = values;
}

void StepChart::set_last_step(double step) {
  last_step_ = step;
}

void StepChart::set_note(const QString& note) {
  note_->setText(note);
  note_->setVisible(!note.isEmpty());
  fit_head();
}

void StepChart::refresh() {
  for (int i = 0; i < static_cast<int>(series_.size()); ++i)
    plot_->graph(i)->setData(series_[i].steps, series_[i].values, true);
  fit_ranges();
  if (cursor_step_ >= 0)
    read_at(cursor_step_);
  else
    clear_readout();
  plot_->replot(QCustomPlot::rpQueuedReplot);
}

double StepChart::last_known_step() const {
  double last = 0;
  for (const Series& one : series_)
    if (!one.steps.isEmpty()) last = std::max(last, one.steps.last());
  return last;
}

// A first loss that is far above all others would press them onto the axis: it may leave the picture.
void StepChart::fit_ranges() {
  QList<double> values;
  for (const Series& one : series_)
    for (const double value : one.values)
      if (std::isfinite(value)) values << value;
  double low = 0, high = 1;
  if (!values.isEmpty()) {
    std::ranges::sort(values);
    low = values.first();
    high = values[static_cast<qsizetype>(static_cast<double>(values.size() - 1) * 0.995)];
    if (values.size() < 40) high = values.last();
  }
  if (from_zero_) low = 0;
  const double room = std::max((high - low) * 0.08, std::abs(high) * 1e-3);
  plot_->yAxis->setRange(from_zero_ ? 0 : low - room, high + (room > 0 ? room : 1));
}

// Room for the names at the right, whatever the width of the chart; where they would take half of it they go.
void StepChart::make_room() {
  const double last = std::max({last_step_, last_known_step(), 2.0});
  double share = 0;
  const QFontMetricsF metrics(ui::text_font(ui::TextSize::caption));
  const double width = std::max(1, plot_->axisRect()->width());
  const bool several =
      std::ranges::count_if(series_, [](const Series& one) { return one.label && !one.steps.isEmpty(); }) > 1;
  for (const Series& one : series_)
    if (one.label && several) share = std::max(share, (metrics.horizontalAdvance(one.name) + 2 * label_gap) / width);
  shows_names_ = several && share < 0.5;
  plot_->xAxis->setRange(1, 1 + (last - 1) / (1 - (shows_names_ ? share : 0)));
}

// Beside the ends of their lines, one below the other where these meet, inside the picture.
void StepChart::place_labels() {
  std::vector<std::pair<double, QCPItemText*>> names;  // by their heights in pixels
  for (const Series& one : series_) {
    if (!one.label) continue;
    one.label->setVisible(shows_names_ && !one.steps.isEmpty());
    if (one.label->visible()) names.emplace_back(plot_->yAxis->coordToPixel(one.values.last()), one.label);
  }
  std::ranges::stable_sort(names, {}, &std::pair<double, QCPItemText*>::first);
  double least = plot_->axisRect()->top() + label_height / 2.0;
  for (auto& name : names) {
    name.first = std::max(name.first, least);
    least = name.first + label_height;
  }
  double most = plot_->axisRect()->bottom() - label_height / 2.0;
  for (auto name = names.rbegin(); name != names.rend(); ++name) {
    name->first = std::min(name->first, most);
    most = name->first - label_height;
  }
  const double left = plot_->xAxis->pixelToCoord(plot_->xAxis->coordToPixel(last_known_step()) + label_gap);
  for (const auto& name : names) name.second->position->setCoords(left, plot_->yAxis->pixelToCoord(name.first));
}

QList<QRectF> StepChart::name_boxes() const {
  QList<QRectF> boxes;
  for (const Series& one : series_)
    if (one.label && one.label->visible())
      boxes << QRectF(one.label->topLeft->pixelPosition(), one.label->bottomRight->pixelPosition());
  return boxes;
}

void StepChart::restyle() {
  const ui::Palette& palette = ui::theme_palette();
  plot_->setBackground(QBrush(palette.surface));
  for (QCPAxis* axis : {plot_->xAxis, plot_->yAxis}) {
    axis->setBasePen(QPen(palette.border));
    axis->setTickPen(Qt::NoPen);
    axis->setSubTickPen(Qt::NoPen);
    axis->setTickLabelColor(palette.secondary);
    axis->setTickLabelFont(ui::text_font(ui::TextSize::caption));
    axis->grid()->setPen(QPen(palette.border));
    axis->grid()->setZeroLinePen(QPen(palette.border));
  }
  plot_->xAxis->grid()->setVisible(false);
  cursor_->setPen(QPen(palette.secondary, 1));
  for (int i = 0; i < static_cast<int>(series_.size()); ++i) {
    const Series& one = series_[i];
    QColor color = series_color(one.color);
    QCPGraph* graph = plot_->graph(i);
    if (one.style == LineStyle::faint) color.setAlphaF(0.3f);
    graph->setPen(
        QPen(color, one.style == LineStyle::faint ? 1 : 2,
             one.style == LineStyle::points || one.style == LineStyle::dashed ? Qt::DashLine : Qt::SolidLine));
    if (one.style == LineStyle::points)
      graph->setScatterStyle(QCPScatterStyle(QCPScatterStyle::ssDiamond, QPen(color, 1.5), QBrush(palette.surface), 8));
    if (one.label) {
      one.label->setColor(palette.text);
      one.label->setFont(ui::text_font(ui::TextSize::caption));
    }
  }
  plot_->replot(QCustomPlot::rpQueuedReplot);
}

QString StepChart::readout() const {
  return whole_readout_;
}

QString StepChart::shown_readout() const {
  return readout_->text();
}

void StepChart::set_readout(const QString& whole, const QString& values_only) {
  whole_readout_ = whole;
  short_readout_ = values_only;
  setAccessibleDescription(whole);
  fit_head();
}

// The latest values stand beside the title, or below it where they would be cut. What a step is read out as has the
// same place, and goes without the lines' names where these do not fit: nothing moves while one looks along the lines.
void StepChart::fit_head() {
  const auto wide = [this](const QString& text) { return readout_->fontMetrics().horizontalAdvance(text) + 2; };
  int titles = title_->sizeHint().width();
  if (!note_->text().isEmpty()) titles += head_gap + note_->sizeHint().width();
  const int whole = width() - margins.left() - margins.right(), beside = whole - titles - head_gap;
  const bool below = std::max(wide(overview(true)), wide(at_step(last_known_step(), overview(false)))) > beside;
  const auto direction = below ? QBoxLayout::TopToBottom : QBoxLayout::LeftToRight;
  if (head_->direction() != direction) {
    head_->setDirection(direction);
    head_->setSpacing(below ? 0 : head_gap);
    readout_->setAlignment((below ? Qt::AlignLeft : Qt::AlignRight) | Qt::AlignVCenter);
  }
  readout_->set_text(wide(whole_readout_) <= (below ? whole : beside) ? whole_readout_ : short_readout_);
}

void StepChart::resizeEvent(QResizeEvent* event) {
  QWidget::resizeEvent(event);
  fit_head();
}

int StepChart::points(int series) const {
  return plot_->graph(series)->dataCount();
}

QSize StepChart::plot_size() const {
  return plot_->size();
}

void StepChart::read_at(double step) {
  if (last_known_step() < 1) return;
  cursor_step_ = std::clamp(std::round(step), 1.0, last_known_step());
  QStringList parts, values;
  for (const Series& one : series_) {
    if (one.name.isEmpty() || one.steps.isEmpty()) continue;
    const auto after = std::ranges::upper_bound(one.steps, cursor_step_);
    if (after == one.steps.begin()) continue;
    const double value = one.values[std::distance(one.steps.begin(), after) - 1];  // the newest until then
    values << ui::format_number(value);
    parts << (series_.size() > 1 ? one.name + QLatin1Char(' ') : QString()) + values.last();
  }
  set_readout(at_step(cursor_step_, parts.join(QStringLiteral(", "))),
              at_step(cursor_step_, values.join(QStringLiteral(", "))));
  cursor_->start->setCoords(cursor_step_, plot_->yAxis->range().lower);
  cursor_->end->setCoords(cursor_step_, plot_->yAxis->range().upper);
  cursor_->setVisible(true);
  plot_->replot(QCustomPlot::rpQueuedReplot);
}

void StepChart::clear_readout() {
  cursor_step_ = -1;
  cursor_->setVisible(false);
  set_readout(overview(true), overview(false));
}

QString StepChart::overview(bool named) const {
  QStringList parts;
  for (const Series& one : series_)
    if (!one.name.isEmpty() && !one.values.isEmpty())
      parts << (named && series_.size() > 1 ? one.name + QLatin1Char(' ') : QString()) +
                   ui::format_number(one.values.last());
  return parts.isEmpty() ? tr("no steps yet") : parts.join(QStringLiteral(" · "));
}

void StepChart::keyPressEvent(QKeyEvent* event) {
  const double by = event->modifiers().testFlag(Qt::ShiftModifier) ? 10 : 1;
  const double at = cursor_step_ < 0 ? last_known_step() : cursor_step_;
  switch (event->key()) {
    case Qt::Key_Left:
      return read_at(cursor_step_ < 0 ? at : at - by);
    case Qt::Key_Right:
      return read_at(at + by);
    case Qt::Key_Home:
      return read_at(1);
    case Qt::Key_End:
      return read_at(last_known_step());
    default:
      QWidget::keyPressEvent(event);
  }
}

bool StepChart::eventFilter(QObject* watched, QEvent* event) {
  if (event->type() == QEvent::MouseMove) {
    read_at(plot_->xAxis->pixelToCoord(static_cast<QMouseEvent*>(event)->position().x()));
  } else if (event->type() == QEvent::Leave) {
    clear_readout();
    plot_->replot(QCustomPlot::rpQueuedReplot);
  }
  return QWidget::eventFilter(watched, event);
}

void StepChart::focusInEvent(QFocusEvent* event) {
  QWidget::focusInEvent(event);
  update();
}

void StepChart::focusOutEvent(QFocusEvent* event) {
  QWidget::focusOutEvent(event);
  clear_readout();
  plot_->replot(QCustomPlot::rpQueuedReplot);
  update();
}

void StepChart::changeEvent(QEvent* event) {
  if (event->type() == QEvent::PaletteChange) restyle();
  QWidget::changeEvent(event);
}

void StepChart::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  const ui::Palette& palette = ui::theme_palette();
  ui::paint_box(painter, rect(), ui::radius, palette.surface, palette.border);
  if (hasFocus()) ui::paint_focus_ring(painter, rect(), ui::radius, palette.accent);
}

}  // namespace diptych::finetune
