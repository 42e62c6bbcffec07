// A flag that another thread raises to stop work; checked between layers and between tokens.
#pragma once

#include <atomic>
#include <memory>

namespace diptych {

class CancelToken {
 public:
  CancelToken() : raised_(std::make_shared<std::atomic<bool>>(false)) {}

  void cancel() const { raised_->store(true, std::memory_order_relaxed); }
  bool cancelled() const { return raised_->load(std::memory_order_relaxed); }
  void throw_if_cancelled() const;  // Error (cancelled)

 private:
  std::shared_ptr<std::atomic<bool>> raised_;  // copies share the flag
};

}  // namespace diptych
