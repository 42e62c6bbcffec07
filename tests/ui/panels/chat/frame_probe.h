// What the UI thread spends per frame: its own processor time between ticks of a 60 Hz clock. Processor time, because a
// busy machine must not make a fast window look slow.
#pragma once

#include <time.h>

#include <QTimer>
#include <algorithm>
#include <vector>

class FrameProbe : public QObject {
 public:
  static constexpr int frame_ms = 16;

  FrameProbe() {
    timer_.setTimerType(Qt::PreciseTimer);
    timer_.setInterval(frame_ms);
    connect(&timer_, &QTimer::timeout, this, [this] { tick(); });
  }
  static double thread_ms() {
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
  }
  void start() {
    last_ms_ = thread_ms();
    timer_.start();
  }
  void stop() { timer_.stop(); }

  size_t frames() const { return frames_ms_.size(); }
  double percentile_ms(double share) const {
    std::vector<double> sorted = frames_ms_;
    std::sort(sorted.begin(), sorted.end());
    return sorted.empty()
               ? 0
               : sorted[std::min(sorted.size() - 1, static_cast<size_t>(share * static_cast<double>(sorted.size())))];
  }

 private:
  void tick() {
    const double now = thread_ms();
    frames_ms_.push_back(now - last_ms_);
    last_ms_ = now;
  }

  QTimer timer_;
  double last_ms_ = 0;
  std::vector<double> frames_ms_;
};
