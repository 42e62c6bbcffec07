// The one thread that writes to the database. Each task is one transaction; tasks run in the order they came, delayed
// ones when their time has come. Nothing wakes up while nothing is due.
#pragma once

#include <condition_variable>
#include <exception>
#include <filesystem>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <type_traits>

#include "engine/host/machine/clock.h"
#include "engine/host/store/database.h"

namespace diptych::host {

constexpr auto write_again_after = std::chrono::seconds(1);  // a write that failed

class WriteQueue {
 public:
  // Opens and migrates; what fails there reaches the caller. `max_pages` limits the file, for tests of a full disk.
  explicit WriteQueue(const std::filesystem::path& path, int64_t max_pages = 0);
  ~WriteQueue();  // runs everything that was given to it, delayed tasks at once
  WriteQueue(const WriteQueue&) = delete;
  WriteQueue& operator=(const WriteQueue&) = delete;

  // Waits for the result; what the task throws reaches the caller, and nothing of it is kept.
  template <typename F>
  auto run(F task) -> std::invoke_result_t<F, Database&> {
    using Result = std::invoke_result_t<F, Database&>;
    const auto promise = std::make_shared<std::promise<Result>>();  // the writer may still hold it when we go on
    auto future = promise->get_future();
    push(SteadyClock::now(), [&task, promise](Database& database) {
      try {
        Transaction transaction(database);
        if constexpr (std::is_void_v<Result>) {
          task(database);
          transaction.commit();
          promise->set_value();
        } else {
          Result result = task(database);
          transaction.commit();
          promise->set_value(std::move(result));
        }
      } catch (...) {
        promise->set_exception(std::current_exception());
      }
    });
    return future.get();
  }

  // Does not wait. `done` hears on the writer thread how it went (null: well).
  void post(std::function<void(Database&)> task, std::function<void(std::exception_ptr)> done = {},
            std::chrono::milliseconds delay = {});
  // Once more after a failure; forgotten when the queue is ending, which would otherwise never end on a full disk.
  void retry(std::function<void(Database&)> task, std::function<void(std::exception_ptr)> done,
             std::chrono::milliseconds delay);

 private:
  using Task = std::function<void(Database&)>;
  void push(SteadyClock::time_point due, Task task);
  void work();

  Database database_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::multimap<SteadyClock::time_point, Task> tasks_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace diptych::host
