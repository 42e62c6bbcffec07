// The one thread of a device: everything that computes there is queued to it and runs in the order it came.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

#include "engine/host/machine/clock.h"

namespace diptych::host {

class ComputeQueue {
 public:
  ComputeQueue();
  ~ComputeQueue();  // runs what is queued; cancel it before where that would take long
  ComputeQueue(const ComputeQueue&) = delete;
  ComputeQueue& operator=(const ComputeQueue&) = delete;

  void post(std::function<void()> task);  // must not throw
  // Of something that takes hours: it begins when nothing else waits, one after the other, and never inside a task that
  // lets others run.
  void post_long(std::function<void()> task);
  // For a long task, on the device's thread, between its parts: what was posted meanwhile runs now. The seconds that
  // took, which are no time of the task's own.
  double run_waiting();
  int waiting() const;
  bool busy() const;
  double busy_s() const;  // time spent in tasks so far, the running one included

 private:
  void work();

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> tasks_, long_tasks_;
  std::atomic<int> count_{0};  // of tasks_, to be looked at between any two ops
  bool running_ = false, stopping_ = false;
  SteadyClock::time_point started_{};
  std::chrono::duration<double> busy_{0};
  std::thread thread_;
};

}  // namespace diptych::host
