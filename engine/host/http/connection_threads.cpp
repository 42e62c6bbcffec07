#include "engine/host/http/connection_threads.h"

#include <chrono>
#include <thread>
#include <utility>

#include "engine/host/machine/thread_name.h"

namespace diptych::host {

void ConnectionThreads::enqueue(std::function<void()> task) {
  bool wake = false;
  {
    const std::lock_guard lock(mutex_);
    tasks_.push_back(std::move(task));
    if (static_cast<int>(tasks_.size()) > idle_ && threads_ < limit_) {
      ++threads_;
      try {
        std::thread([this] { work(); }).detach();  // counted instead of joined: shutdown() waits for the count
      } catch (...) {
        --threads_;  // the system has no more: a running thread takes the task when it is free
      }
    } else {
      wake = true;
    }
  }
  if (wake) changed_.notify_one();
}

void ConnectionThreads::work() {
  name_this_thread("connection");
  std::unique_lock lock(mutex_);
  while (true) {
    if (tasks_.empty()) {
      ++idle_;
      const bool woken =
          changed_.wait_for(lock, std::chrono::seconds(10), [&] { return stopping_ || !tasks_.empty(); });
      --idle_;
      if (tasks_.empty() && (stopping_ || !woken)) break;
      continue;
    }
    {
      const auto task = std::move(tasks_.front());
      tasks_.pop_front();
      lock.unlock();
      task();
    }
    lock.lock();
  }
  --threads_;
  changed_.notify_all();
}

void ConnectionThreads::shutdown() {
  std::unique_lock lock(mutex_);
  stopping_ = true;
  changed_.notify_all();
  changed_.wait(lock, [&] { return threads_ == 0; });
}

int ConnectionThreads::busy() const {
  const std::lock_guard lock(mutex_);
  return threads_ - idle_;
}

}  // namespace diptych::host
