#include "ui/panels/machine/machine_panel.h"

#include <QEvent>
#include <QGridLayout>
#include <QLabel>
#include <QScrollArea>
#include <algorithm>

#include "ui/theme/style.h"
#include "ui/theme/typography.h"
#include "ui/widgets/gauge_history.h"
#include "ui/widgets/history_chart.h"

namespace diptych::ui {
namespace {

constexpr int two_columns_from = 880;  // px

}  // namespace

MachinePanel::MachinePanel(GaugeHistory* history, QObject* parent) : Panel(parent), area_(new QScrollArea) {
  auto* page = new QWidget;
  area_->setWidget(page);
  area_->setWidgetResizable(true);
  area_->setFrameShape(QFrame::NoFrame);
  area_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  area_->setAccessibleName(tr("History of the gauges"));
  area_->setFocusPolicy(Qt::NoFocus);
  auto* column = new QVBoxLayout(page);
  column->setContentsMargins(3 * grid, 2 * grid, 3 * grid, 3 * grid);
  column->setSpacing(2 * grid);
  auto* title = new QLabel(tr("Machine"), page);
  title->setFont(text_font(TextSize::title, QFont::DemiBold));
  auto* legend =
      new QLabel(QStringList{provenance_explanation(Provenance::counter), provenance_explanation(Provenance::modelled),
                             provenance_explanation(Provenance::estimated)}
                     .join(QStringLiteral("\n")),
                 page);
  legend->setWordWrap(true);
  legend->setFont(text_font(TextSize::caption));
  legend->setForegroundRole(QPalette::PlaceholderText);
  column->addWidget(title);
  grid_ = new QGridLayout;
  grid_->setSpacing(2 * grid);
  column->addLayout(grid_, 1);
  column->addWidget(legend);
  for (const GaugeKind kind : all_gauges) {
    auto* chart = new HistoryChart(kind, history, page);
    chart->setMinimumHeight(220);
    charts_ << chart;
    connect(history, &GaugeHistory::changed, chart, [chart] {
      if (chart->isVisible()) chart->refresh();
    });
  }
  area_->viewport()->installEventFilter(this);
  arrange();
}

MachinePanel::~MachinePanel() {
  if (area_ && !area_->parent()) delete area_;
}

QWidget* MachinePanel::content() {
  return area_;
}

void MachinePanel::shown() {
  if (!charts_.contains(area_->focusWidget())) charts_.first()->setFocus(Qt::OtherFocusReason);
}

void MachinePanel::show_gauge(GaugeKind kind) {
  const auto found = std::ranges::find(charts_, kind, &HistoryChart::kind);
  if (found == charts_.end()) return;
  (*found)->setFocus(Qt::OtherFocusReason);
  area_->ensureWidgetVisible(*found);
}

bool MachinePanel::eventFilter(QObject* watched, QEvent* event) {
  if (event->type() == QEvent::Resize && area_ && watched == area_->viewport()) arrange();
  return Panel::eventFilter(watched, event);
}

void MachinePanel::arrange() {
  const int columns = area_->viewport()->width() >= two_columns_from ? 2 : 1;
  if (columns == columns_) return;
  columns_ = columns;
  for (qsizetype i = 0; i < charts_.size(); ++i)
    grid_->addWidget(charts_[i], static_cast<int>(i) / columns, static_cast<int>(i) % columns);
}

}  // namespace diptych::ui
