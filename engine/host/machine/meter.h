// What was computed so far: the counters that telemetry turns into rates.
#pragma once

#include <cstdint>
#include <mutex>

#include "engine/core/cost.h"

namespace diptych::host {

class Meter {
 public:
  struct Totals {
    int64_t tokens = 0;
    Cost cost;
  };
  void add(int64_t tokens, const Cost& cost) {
    const std::lock_guard lock(mutex_);
    totals_.tokens += tokens;
    totals_.cost += cost;
  }
  Totals totals() const {
    const std::lock_guard lock(mutex_);
    return totals_;
  }

 private:
  mutable std::mutex mutex_;
  Totals totals_;
};

// Adds the growth of one generation's own counts.
class MeteredRun {
 public:
  explicit MeteredRun(Meter& meter) : meter_(meter) {}
  void at(int64_t tokens, const Cost& cost) {
    meter_.add(tokens - tokens_, cost - cost_);
    tokens_ = tokens;
    cost_ = cost;
  }

 private:
  Meter& meter_;
  int64_t tokens_ = 0;
  Cost cost_;
};

}  // namespace diptych::host
