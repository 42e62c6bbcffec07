// Memory that ranges of a loop write to while they run: as many slots as there are threads, one for each range in
// flight.
#pragma once

#include <atomic>
#include <cassert>
#include <cstdint>
#include <vector>

namespace diptych::cpu_ops {

class ScratchSlots {
 public:
  explicit ScratchSlots(int threads) : taken_(static_cast<size_t>(threads)) {}

  // Holds one slot.
  class Slot {
   public:
    explicit Slot(ScratchSlots& slots) : slots_(slots) {
      while (slots_.taken_[index_].test_and_set(std::memory_order_acquire))
        index_ = (index_ + 1) % slots_.taken_.size();
    }
    ~Slot() { slots_.taken_[index_].clear(std::memory_order_release); }
    Slot(const Slot&) = delete;
    Slot& operator=(const Slot&) = delete;

    int64_t index() const { return static_cast<int64_t>(index_); }

   private:
    ScratchSlots& slots_;
    size_t index_ = 0;
  };

 private:
  std::vector<std::atomic_flag> taken_;
};

}  // namespace diptych::cpu_ops
