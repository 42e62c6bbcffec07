// The Machine panel: the last ten minutes of every gauge.
#pragma once

#include <QList>
#include <QPointer>

#include "ui/widgets/gauge_reading.h"
#include "ui/widgets/panel.h"

class QGridLayout;
class QScrollArea;

namespace diptych::ui {

class GaugeHistory;
class HistoryChart;

class MachinePanel : public Panel {
  Q_OBJECT

 public:
  explicit MachinePanel(GaugeHistory* history, QObject* parent = nullptr);  // `history` must outlive it
  ~MachinePanel() override;

  QString id() const override { return QStringLiteral("machine"); }
  QString title() const override { return tr("Machine"); }
  QString icon_name() const override { return QStringLiteral("gauges"); }
  QWidget* content() override;
  void shown() override;
  void show_gauge(GaugeKind kind);  // scrolls to it and gives it the focus

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  void arrange();

  QPointer<QScrollArea> area_;
  QGridLayout* grid_;
  QList<HistoryChart*> charts_;
  int columns_ = 0;
};

}  // namespace diptych::ui
