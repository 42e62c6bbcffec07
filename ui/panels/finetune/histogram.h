// How many examples are how long, as bars; what is longer than the run reads is marked.
#pragma once

#include <QList>
#include <QWidget>

namespace diptych::finetune {

struct HistogramBar {
  double from = 0, to = 0;  // [from, to)
  double count = 0;
};

class Histogram : public QWidget {
  Q_OBJECT

 public:
  explicit Histogram(QWidget* parent = nullptr);

  // `unit`: of the lengths, "tokens"; `limit`: where examples are cut, 0: nowhere.
  void set_bars(const QList<HistogramBar>& bars, const QString& unit, double limit);
  QSize sizeHint() const override { return {320, 104}; }
  QSize minimumSizeHint() const override { return {160, 88}; }

 protected:
  void paintEvent(QPaintEvent* event) override;
  void mouseMoveEvent(QMouseEvent* event) override;
  void leaveEvent(QEvent* event) override;

 private:
  QRectF plot() const;
  QString bar_text(const HistogramBar& bar) const;

  QList<HistogramBar> bars_;
  QString unit_;
  double limit_ = 0;
  int hovered_ = -1;
};

}  // namespace diptych::finetune
