// A run's figures over its steps: the loss large, with smoothing; gradient norm, rate, speed and memory small.
#pragma once

#include <QTimer>
#include <QWidget>

class QGridLayout;
class QSlider;
class QLabel;

namespace diptych::finetune {

class RunWatch;
class StepChart;

class RunCharts : public QWidget {
  Q_OBJECT

 public:
  explicit RunCharts(RunWatch* watch, QWidget* parent = nullptr);  // `watch` must outlive it

  StepChart* loss() const { return loss_; }
  StepChart* memory() const { return memory_; }
  double smoothing() const;

 protected:
  void resizeEvent(QResizeEvent* event) override;

 private:
  void refresh();
  void arrange();

  RunWatch* watch_;
  QGridLayout* grid_;
  QSlider* slider_;
  QLabel* slider_text_;
  StepChart* loss_;
  StepChart* norm_;
  StepChart* rate_;
  StepChart* speed_;
  StepChart* memory_;
  QTimer refresh_timer_;
  int columns_ = 0;
};

}  // namespace diptych::finetune
