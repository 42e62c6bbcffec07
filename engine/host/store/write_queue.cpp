#include "engine/host/store/write_queue.h"

#include <utility>

#include "engine/host/machine/thread_name.h"
#include "engine/host/store/migrations.h"

namespace diptych::host {

WriteQueue::WriteQueue(const std::filesystem::path& path, int64_t max_pages)
    : database_(path, Database::Access::read_write, max_pages) {
  migrate(database_);
  thread_ = std::thread([this] { work(); });
}

WriteQueue::~WriteQueue() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void WriteQueue::post(std::function<void(Database&)> task, std::function<void(std::exception_ptr)> done,
                      std::chrono::milliseconds delay) {
  push(SteadyClock::now() + delay, [task = std::move(task), done = std::move(done)](Database& database) {
    std::exception_ptr failure;
    try {
      Transaction transaction(database);
      task(database);
      transaction.commit();
    } catch (...) {
      failure = std::current_exception();
    }
    if (done) done(failure);
  });
}

void WriteQueue::retry(std::function<void(Database&)> task, std::function<void(std::exception_ptr)> done,
                       std::chrono::milliseconds delay) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return;
  }
  post(std::move(task), std::move(done), delay);
}

void WriteQueue::push(SteadyClock::time_point due, Task task) {
  bool first = false;
  {
    const std::lock_guard lock(mutex_);
    const auto place = tasks_.emplace(due, std::move(task));
    first = place == tasks_.begin();
  }
  if (first) changed_.notify_one();
}

void WriteQueue::work() {
  name_this_thread("journal");
  std::unique_lock lock(mutex_);
  while (true) {
    if (tasks_.empty()) {
      if (stopping_) return;
      changed_.wait(lock);
      continue;
    }
    const auto due = tasks_.begin()->first;
    if (!stopping_ && due > SteadyClock::now()) {
      changed_.wait_until(lock, due);
      continue;
    }
    const Task task = std::move(tasks_.begin()->second);
    tasks_.erase(tasks_.begin());
    lock.unlock();
    task(database_);
    lock.lock();
  }
}

}  // namespace diptych::host
