#include "engine/host/jobs/compute_queue.h"

#include <utility>

#include "engine/host/machine/thread_name.h"

namespace diptych::host {

ComputeQueue::ComputeQueue() : thread_([this] { work(); }) {}

ComputeQueue::~ComputeQueue() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void ComputeQueue::post(std::function<void()> task) {
  {
    const std::lock_guard lock(mutex_);
    tasks_.push_back(std::move(task));
    ++count_;
  }
  changed_.notify_one();
}

void ComputeQueue::post_long(std::function<void()> task) {
  {
    const std::lock_guard lock(mutex_);
    long_tasks_.push_back(std::move(task));
  }
  changed_.notify_one();
}

double ComputeQueue::run_waiting() {
  if (count_ == 0) return 0;
  const auto begin = SteadyClock::now();
  std::unique_lock lock(mutex_);
  while (!tasks_.empty()) {
    auto task = std::move(tasks_.front());
    tasks_.pop_front();
    --count_;
    lock.unlock();
    task();
    task = nullptr;
    lock.lock();
  }
  return std::chrono::duration<double>(SteadyClock::now() - begin).count();
}

int ComputeQueue::waiting() const {
  const std::lock_guard lock(mutex_);
  return static_cast<int>(tasks_.size());
}

bool ComputeQueue::busy() const {
  const std::lock_guard lock(mutex_);
  return running_ || !tasks_.empty() || !long_tasks_.empty();
}

double ComputeQueue::busy_s() const {
  const std::lock_guard lock(mutex_);
  auto total = busy_;
  if (running_) total += SteadyClock::now() - started_;
  return total.count();
}

void ComputeQueue::work() {
  name_this_thread("device");
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [&] { return stopping_ || !tasks_.empty() || !long_tasks_.empty(); });
    if (tasks_.empty() && long_tasks_.empty()) return;
    std::function<void()> task;
    if (!tasks_.empty()) {
      task = std::move(tasks_.front());
      tasks_.pop_front();
      --count_;
    } else {
      task = std::move(long_tasks_.front());
      long_tasks_.pop_front();
    }
    running_ = true;
    started_ = SteadyClock::now();
    lock.unlock();
    task();
    task = nullptr;  // what it held is released here, on the device's thread
    lock.lock();
    running_ = false;
    busy_ += SteadyClock::now() - started_;
  }
}

}  // namespace diptych::host
