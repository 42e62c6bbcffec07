// One number of the gauge strip: caption with its provenance, value, and a thin bar against its limit.
#pragma once

#include <QAbstractButton>

#include "ui/widgets/gauge_reading.h"

namespace diptych::ui {

// A button, so that keyboard and screen readers reach it; a click asks for its history.
class Gauge : public QAbstractButton {
  Q_OBJECT

 public:
  explicit Gauge(GaugeKind kind, QWidget* parent = nullptr);

  GaugeKind kind() const { return kind_; }
  void set_reading(const Reading& reading);  // repaints only where something visible changed
  QString value_text() const { return value_; }
  QSize sizeHint() const override;
  QSize minimumSizeHint() const override { return sizeHint(); }

 protected:
  void paintEvent(QPaintEvent* event) override;
  void changeEvent(QEvent* event) override;

 private:
  void describe();

  GaugeKind kind_;
  Reading reading_;
  QString value_;
  int filled_ = 0;  // thousandths of the bar
};

// Short words for the strip; the tooltip says the rest.
QString reading_text(GaugeKind kind, const Reading& reading);
QString reading_tooltip(GaugeKind kind, const Reading& reading);

}  // namespace diptych::ui
