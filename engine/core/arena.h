// The caching arena: the one allocator logic of every device.
//
// Freed blocks are kept for reuse by size class; every byte carries an owner, and the current and peak bytes of each
// owner and of the whole are recorded. On `meta` the same logic runs without memory, so that the peak which the planner
// predicts is computed by the code that allocates.
//
// What is kept for reuse makes the arena hold little more than was in use at once, a 128th: before more is taken
// from the system, kept blocks are given back, or their pages become those of the new block (pages.h). So the process
// takes what was predicted, and not that plus every size that it once used.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "engine/core/device.h"

namespace diptych {

// What memory is used for; the colours of the gauges follow this list.
enum class Owner { weights, kv_cache, activations, workspace, gradients, optimizer };
inline constexpr size_t owner_count = 6;
const char* owner_name(Owner owner);  // "weights", "kv_cache", …

struct MemoryUse {
  std::array<int64_t, owner_count> bytes{};       // now, by owner
  std::array<int64_t, owner_count> peak_bytes{};  // each owner's own peak
  int64_t total_bytes = 0;
  int64_t total_peak_bytes = 0;  // peak of the sum, not the sum of the peaks
  int64_t reserved_bytes = 0;    // held from the system, cached blocks included; at most 129/128 of the peak
  int64_t mapped_bytes = 0;      // weights used in place from a mapped file (part of bytes[weights] and the totals)
};

class Arena {
 public:
  // A limit of 0 means none. Exceeding it is Error (out_of_memory) that names what was asked and what is held.
  explicit Arena(Device device, int64_t limit_bytes = 0);
  ~Arena();
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  Device device() const { return device_; }

  struct Block {
    std::byte* data = nullptr;  // nullptr on meta
    int64_t bytes = 0;          // size of the class, at least what was asked
  };
  Block allocate(int64_t bytes, Owner owner);
  void release(Block block, Owner owner);

  // Counts bytes that are used in place from a mapped file.
  void add_mapped(int64_t bytes, Owner owner);
  void remove_mapped(int64_t bytes, Owner owner);

  MemoryUse use() const;
  void reset_peak();  // peaks become what is in use now
  void trim();        // returns cached blocks to the system, and what the C library kept of blocks freed before

 private:
  void count(int64_t bytes, Owner owner);
  void make_room(int64_t bytes);  // for a block from the system, of cached ones

  Device device_;
  int64_t limit_bytes_;
  mutable std::mutex mutex_;
  std::map<int64_t, std::vector<std::byte*>> cached_;  // by size class
  MemoryUse use_;
};

}  // namespace diptych
