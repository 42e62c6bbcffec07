// The arena: every byte has an owner, peaks are kept, freed blocks serve again, the limit is an Error.
#include "engine/core/arena.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

#include "engine/core/error.h"

namespace diptych {
namespace {

int64_t of(const MemoryUse& use, Owner owner) {
  return use.bytes[static_cast<size_t>(owner)];
}

int64_t most_of(const Arena& arena) {
  return arena.use().total_peak_bytes + arena.use().total_peak_bytes / 128;
}

TEST(Arena, CountsByOwner) {
  Arena arena(cpu_device);
  const auto weights = arena.allocate(1000, Owner::weights), values = arena.allocate(640, Owner::activations);
  EXPECT_EQ(of(arena.use(), Owner::weights), 1024);  // whole cache lines
  EXPECT_EQ(of(arena.use(), Owner::activations), 640);
  EXPECT_EQ(arena.use().total_bytes, 1664);
  arena.release(weights, Owner::weights);
  arena.release(values, Owner::activations);
  const MemoryUse after = arena.use();
  EXPECT_EQ(after.total_bytes, 0);
  EXPECT_EQ(after.total_peak_bytes, 1664);
  EXPECT_EQ(after.peak_bytes[static_cast<size_t>(Owner::weights)], 1024);
}

// As much as was asked, in cache lines, and given back at once.
TEST(Arena, WastesNothingOnWhatStays) {
  for (const Owner owner : {Owner::weights, Owner::optimizer}) {
    Arena arena(cpu_device);
    const auto block = arena.allocate(1100000, owner);
    EXPECT_EQ(of(arena.use(), owner), 1100032);
    arena.release(block, owner);
    EXPECT_EQ(arena.use().reserved_bytes, 0);
  }
}

TEST(Arena, PeakOfTheSumIsNotTheSumOfPeaks) {
  Arena arena(cpu_device);
  arena.release(arena.allocate(4096, Owner::weights), Owner::weights);
  arena.release(arena.allocate(4096, Owner::kv_cache), Owner::kv_cache);
  EXPECT_EQ(arena.use().total_peak_bytes, 4096);
  const auto held = arena.allocate(64, Owner::workspace);
  arena.reset_peak();
  EXPECT_EQ(arena.use().total_peak_bytes, 64);
  EXPECT_EQ(arena.use().peak_bytes[static_cast<size_t>(Owner::weights)], 0);
  arena.release(held, Owner::workspace);
}

TEST(Arena, ReusesBlocksOfTheSameClass) {
  Arena arena(cpu_device);
  const auto first = arena.allocate(100000, Owner::activations);
  arena.release(first, Owner::activations);
  EXPECT_GT(arena.use().reserved_bytes, 0);
  const auto again = arena.allocate(99000, Owner::workspace);
  EXPECT_EQ(again.data, first.data);
  EXPECT_EQ(again.bytes, first.bytes);
  EXPECT_EQ(of(arena.use(), Owner::workspace), first.bytes);
  arena.release(again, Owner::workspace);
  arena.trim();
  EXPECT_EQ(arena.use().reserved_bytes, 0);
}

// Sizes that never stand beside each other: what one leaves is given back before the next is taken.
TEST(Arena, HoldsNoMoreThanWasInUseAtOnce) {
  Arena arena(cpu_device);
  const auto weights = arena.allocate(1 << 20, Owner::weights);
  arena.add_mapped(5000, Owner::weights);
  for (const int64_t kib : {700, 900, 100, 1500, 40, 300, 800, 5000, 600, 1}) {
    const auto block = arena.allocate(kib << 10, Owner::activations), scratch = arena.allocate(3000, Owner::workspace);
    EXPECT_LE(arena.use().reserved_bytes + arena.use().mapped_bytes, most_of(arena)) << kib;
    arena.release(block, Owner::activations);
    arena.release(scratch, Owner::workspace);
  }
  EXPECT_GT(arena.use().reserved_bytes, weights.bytes) << "what fits below the peak is kept";
  arena.reset_peak();
  const auto last = arena.allocate(3 << 20, Owner::activations);
  EXPECT_LE(arena.use().reserved_bytes + arena.use().mapped_bytes, most_of(arena));
  arena.release(last, Owner::activations);
  arena.remove_mapped(5000, Owner::weights);
  arena.release(weights, Owner::weights);
}

// What the system gives is clear; pages of earlier blocks hold what stood there.
TEST(Arena, MakesLargeBlocksOfThePagesOfOthers) {
  Arena arena(cpu_device);
  const auto filled = [&](int64_t mib, int value) {
    const auto block = arena.allocate(mib << 20, Owner::activations);
    std::memset(block.data, value, static_cast<size_t>(block.bytes));
    return block;
  };
  const auto a = filled(8, 1), b = filled(12, 2);
  arena.release(a, Owner::activations);
  arena.release(b, Owner::activations);
  const auto c = arena.allocate(20 << 20, Owner::activations);
  EXPECT_EQ(std::count(c.data, c.data + c.bytes, std::byte{0}), 0);
  EXPECT_EQ(arena.use().reserved_bytes, 20 << 20);
  std::memset(c.data, 3, static_cast<size_t>(c.bytes));
  arena.release(c, Owner::activations);
  const auto d = arena.allocate(6 << 20, Owner::activations), e = arena.allocate((14 << 20) - 5, Owner::activations);
  EXPECT_EQ(std::count(d.data, d.data + d.bytes, std::byte{3}), d.bytes);
  EXPECT_EQ(std::count(e.data, e.data + e.bytes, std::byte{3}), e.bytes);
  EXPECT_EQ(arena.use().reserved_bytes, 20 << 20);
  std::memset(e.data, 4, static_cast<size_t>(e.bytes));
  EXPECT_EQ(std::count(d.data, d.data + d.bytes, std::byte{3}), d.bytes) << "nothing is shared";
  arena.release(d, Owner::activations);
  arena.release(e, Owner::activations);
  arena.trim();
  EXPECT_EQ(arena.use().reserved_bytes, 0);
}

// The planner's peak comes from meta: both must keep the same.
TEST(Arena, HoldsTheSameOnMeta) {
  Arena cpu(cpu_device), meta(meta_device);
  uint64_t state = 1;
  std::vector<std::pair<Arena::Block, Arena::Block>> live;
  for (int i = 0; i < 300; ++i) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    if (live.size() > 6 || (!live.empty() && (state >> 40) % 3 == 0)) {
      const auto at = static_cast<size_t>(state >> 33) % live.size();
      cpu.release(live[at].first, Owner::activations);
      meta.release(live[at].second, Owner::activations);
      live.erase(live.begin() + static_cast<ptrdiff_t>(at));
    } else {
      const auto bytes = static_cast<int64_t>((state >> 33) % (9 << 20)) + 1;
      live.emplace_back(cpu.allocate(bytes, Owner::activations), meta.allocate(bytes, Owner::activations));
      std::memset(live.back().first.data, i, static_cast<size_t>(bytes));
    }
    ASSERT_EQ(cpu.use().reserved_bytes, meta.use().reserved_bytes) << i;
    ASSERT_LE(cpu.use().reserved_bytes, most_of(cpu)) << i;
  }
  for (const auto& [one, other] : live) {
    cpu.release(one, Owner::activations);
    meta.release(other, Owner::activations);
  }
}

TEST(Arena, KeepsBlocksBelowItsLimitOnly) {
  Arena arena(cpu_device, 1 << 20);
  arena.release(arena.allocate(600 << 10, Owner::activations), Owner::activations);
  const auto weights = arena.allocate(1000 << 10, Owner::weights);  // takes the place of what was kept
  EXPECT_EQ(arena.use().reserved_bytes, weights.bytes);
  arena.release(weights, Owner::weights);
}

TEST(Arena, WastesAtMostAnEighth) {
  Arena arena(meta_device);
  for (const int64_t bytes : {1, 63, 64, 65, 4096, 4097, 5000, 65537, 1 << 20, (1 << 20) + 1, 123456789}) {
    const auto block = arena.allocate(bytes, Owner::activations);
    EXPECT_GE(block.bytes, bytes);
    EXPECT_LE(static_cast<double>(block.bytes), 1.125 * static_cast<double>(bytes) + 64);
    EXPECT_EQ(block.data, nullptr);
    arena.release(block, Owner::activations);
  }
}

TEST(Arena, GivesLongLivedMemoryBackAtOnce) {
  Arena arena(cpu_device);
  for (const Owner owner : {Owner::weights, Owner::kv_cache}) {
    arena.release(arena.allocate(1 << 20, owner), owner);
    EXPECT_EQ(arena.use().reserved_bytes, 0) << owner_name(owner);
  }
}

TEST(Arena, AlignsForVectors) {
  Arena arena(cpu_device);
  for (const int64_t bytes : {1, 100, 5000, 3 << 20}) {
    const auto block = arena.allocate(bytes, Owner::activations);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(block.data) % 64, 0u) << bytes;
    arena.release(block, Owner::activations);
  }
}

TEST(Arena, RefusesMoreThanItsLimit) {
  Arena arena(cpu_device, 1 << 20);
  const auto held = arena.allocate(900 << 10, Owner::weights);
  try {
    arena.allocate(200 << 10, Owner::kv_cache);
    FAIL() << "the limit was not kept";
  } catch (const Error& error) {
    EXPECT_EQ(error.category(), ErrorCategory::out_of_memory);
    EXPECT_NE(std::string(error.what()).find("kv_cache"), std::string::npos) << error.what();
    EXPECT_NE(std::string(error.what()).find(std::to_string(1 << 20)), std::string::npos) << error.what();
  }
  EXPECT_EQ(arena.use().total_bytes, held.bytes);  // the refusal counted nothing
  arena.release(held, Owner::weights);
}

TEST(Arena, CountsMappedBytes) {
  Arena arena(cpu_device);
  arena.add_mapped(777, Owner::weights);
  EXPECT_EQ(arena.use().mapped_bytes, 777);
  EXPECT_EQ(of(arena.use(), Owner::weights), 777);
  EXPECT_EQ(arena.use().reserved_bytes, 0);
  arena.remove_mapped(777, Owner::weights);
  EXPECT_EQ(arena.use().total_bytes, 0);
}

}  // namespace
}  // namespace diptych
