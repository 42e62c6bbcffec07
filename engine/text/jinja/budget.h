// Counts what a rendering uses, and ends it at its limits.
#pragma once

#include "engine/text/jinja/failure.h"
#include "engine/text/jinja/limits.h"

namespace diptych::jinja {

class Budget {
 public:
  explicit Budget(const Limits& limits) : limits_(limits) {}

  void work(uint64_t units = 1) {
    if (units > limits_.work_units - work_) throw LimitFailure("it takes too many steps");
    work_ += units;
  }
  void work_on_bytes(size_t bytes) { work(1 + bytes / 64); }

  void hold(size_t bytes) {
    check_memory(bytes);
    held_bytes_ += bytes;
  }
  void release(size_t bytes) { held_bytes_ -= bytes; }
  // Before something large is made that is counted only when it is finished.
  void check_memory(size_t bytes) const {
    if (bytes > limits_.memory_bytes - held_bytes_) throw LimitFailure("it takes too much memory");
  }

  const Limits& limits() const { return limits_; }
  uint64_t work_used() const { return work_; }

 private:
  Limits limits_;
  uint64_t work_ = 0;
  size_t held_bytes_ = 0;
};

}  // namespace diptych::jinja
