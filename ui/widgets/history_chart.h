// The last ten minutes of one gauge: hover or arrow keys read out a moment.
#pragma once

#include <QWidget>

#include "ui/widgets/gauge_reading.h"

class QCPGraph;
class QCPItemLine;
class QCustomPlot;
class QLabel;

namespace diptych::ui {

class GaugeHistory;

class HistoryChart : public QWidget {
  Q_OBJECT

 public:
  HistoryChart(GaugeKind kind, const GaugeHistory* history, QWidget* parent = nullptr);

  GaugeKind kind() const { return kind_; }
  void refresh();  // takes the history's new points; cheap while hidden
  QString readout() const;
  QSize sizeHint() const override { return {420, 220}; }
  QSize minimumSizeHint() const override { return {260, 170}; }

 protected:
  void keyPressEvent(QKeyEvent* event) override;
  void focusInEvent(QFocusEvent* event) override;
  void focusOutEvent(QFocusEvent* event) override;
  void showEvent(QShowEvent* event) override;
  void changeEvent(QEvent* event) override;
  void paintEvent(QPaintEvent* event) override;
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  void make_graphs();
  void restyle();
  void read_at(double seconds_ago);  // 0: now
  void clear_readout();

  GaugeKind kind_;
  const GaugeHistory* history_;
  QLabel* title_;
  QLabel* readout_;
  QCustomPlot* plot_;
  QCPItemLine* cursor_ = nullptr;
  double cursor_seconds_ = -1;  // before now; negative: none
};

}  // namespace diptych::ui
