// The reservation table: what is promised is not free for others until it is taken or the promise ends.
#include "engine/host/machine/memory_table.h"

#include <gtest/gtest.h>

namespace diptych::host {
namespace {

TEST(MemoryTable, PromisesCountAsFarAsTheyAreNotTaken) {
  int64_t available = 1000, taken = 0;
  MemoryTable table([&] { return available; });
  EXPECT_EQ(table.free_bytes(), 1000);
  auto run = table.claim(MemoryUser::image_run, 400, [&] { return taken; });
  EXPECT_EQ(table.free_bytes(), 600);
  taken = 150;
  available = 850;  // what is taken is gone from what is available
  EXPECT_EQ(table.free_bytes(), 600);
  taken = 500;  // more than was promised: nothing is promised any longer, and nothing is given back
  available = 500;
  EXPECT_EQ(table.free_bytes(), 500);
  run.end();
  EXPECT_EQ(table.free_bytes(), 500);
}

TEST(MemoryTable, NobodyIsInItsOwnWay) {
  MemoryTable table([] { return int64_t{1000}; });
  const auto nothing = [] { return int64_t{0}; };
  const auto run = table.claim(MemoryUser::image_run, 300, nothing);
  {
    const auto text = table.claim(MemoryUser::text_model, 500, nothing);
    EXPECT_EQ(table.free_bytes(), 200);
    EXPECT_EQ(table.free_bytes(&text), 700);
    EXPECT_EQ(table.free_bytes(nullptr, MemoryUser::image_run), 500);
    const auto more = table.claim(MemoryUser::text_model, 600, nothing);
    EXPECT_EQ(table.free_bytes(), -400);
  }
  EXPECT_EQ(table.free_bytes(), 700);
}

TEST(MemoryTable, AClaimMovesAndEndsOnce) {
  MemoryTable table([] { return int64_t{1000}; });
  const auto nothing = [] { return int64_t{0}; };
  MemoryTable::Claim kept;
  kept = table.claim(MemoryUser::text_model, 100, nothing);
  EXPECT_EQ(table.free_bytes(), 900);
  kept = table.claim(MemoryUser::text_model, 300, nothing);  // in place of the first
  EXPECT_EQ(table.free_bytes(), 700);
  const MemoryTable::Claim moved = std::move(kept);
  kept.end();
  EXPECT_EQ(table.free_bytes(), 700);
}

}  // namespace
}  // namespace diptych::host
