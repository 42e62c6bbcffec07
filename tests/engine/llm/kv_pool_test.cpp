#include "engine/llm/kv_pool.h"

#include <gtest/gtest.h>

#include <numeric>
#include <random>

namespace diptych {
namespace {

constexpr int64_t block = 4;

std::vector<int32_t> count_up(int32_t from, size_t n) {
  std::vector<int32_t> tokens(n);
  std::iota(tokens.begin(), tokens.end(), from);
  return tokens;
}

class KvPoolTest : public ::testing::Test {
 protected:
  Context ctx_{cpu_device, 1};
  KvPool pool_{ctx_, {.layers = 1, .kv_heads = 1, .head_dim = 1, .dtype = DType::f32, .block_tokens = block}, 8};

  // Stores each token where its key belongs, as a forward does.
  void write(PooledSequence& sequence, const std::vector<int32_t>& tokens) {
    ASSERT_TRUE(sequence.reserve(static_cast<int64_t>(tokens.size())));
    float* keys = pool_.cache().keys(0).data<float>();
    for (size_t i = 0; i < tokens.size(); ++i) {
      const int64_t at = sequence.length() + static_cast<int64_t>(i);
      keys[sequence.blocks().blocks[static_cast<size_t>(at / block)] * block + at % block] =
          static_cast<float>(tokens[i]);
    }
    sequence.commit(tokens);
  }
  std::vector<int32_t> read(const PooledSequence& sequence) {
    const float* keys = pool_.cache().keys(0).data<float>();
    std::vector<int32_t> tokens;
    for (int64_t at = 0; at < sequence.length(); ++at)
      tokens.push_back(
          static_cast<int32_t>(keys[sequence.blocks().blocks[static_cast<size_t>(at / block)] * block + at % block]));
    return tokens;
  }
};

TEST_F(KvPoolTest, APrefixIsFoundAfterItsSequenceEnded) {
  const auto tokens = count_up(10, 11);  // two full blocks and three tokens
  {
    PooledSequence first(pool_);
    EXPECT_EQ(first.reuse(tokens), 0);
    write(first, tokens);
  }
  EXPECT_EQ(pool_.free_blocks(), 8);
  PooledSequence longer(pool_);
  auto more = tokens;
  more.push_back(99);
  EXPECT_EQ(longer.reuse(more), 11);  // the unfinished block too
  EXPECT_EQ(read(longer), tokens);
  PooledSequence same(pool_);
  EXPECT_EQ(same.reuse(tokens), 10) << "the last token is left for its logits";
}

TEST_F(KvPoolTest, FullBlocksAreSharedAndUnfinishedOnesCopied) {
  const auto tokens = count_up(0, 10);
  PooledSequence a(pool_);
  write(a, tokens);
  PooledSequence b(pool_);
  auto other = count_up(0, 8);
  other.insert(other.end(), {77, 78});
  ASSERT_EQ(b.reuse(other), 8);
  EXPECT_EQ(b.blocks().blocks[0], a.blocks().blocks[0]);
  EXPECT_EQ(b.blocks().blocks[1], a.blocks().blocks[1]);
  write(b, {77, 78, 79});
  EXPECT_EQ(read(a), tokens);
  EXPECT_EQ(read(b), (std::vector<int32_t>{0, 1, 2, 3, 4, 5, 6, 7, 77, 78, 79}));
}

TEST_F(KvPoolTest, APartOfAFullBlockIsTakenByCopy) {
  {
    PooledSequence a(pool_);
    write(a, count_up(0, 8));
  }
  PooledSequence b(pool_);
  const std::vector<int32_t> parted{0, 1, 2, 3, 4, 5, 60, 61};
  EXPECT_EQ(b.reuse(parted), 6);
  write(b, {60, 61, 62});
  EXPECT_EQ(read(b), (std::vector<int32_t>{0, 1, 2, 3, 4, 5, 60, 61, 62}));
  PooledSequence c(pool_);
  EXPECT_EQ(c.reuse(count_up(0, 9)), 8);
  EXPECT_EQ(read(c), count_up(0, 8));
}

TEST_F(KvPoolTest, EqualBlocksOfTwoSequencesBecomeOne) {
  PooledSequence a(pool_), b(pool_);
  write(a, count_up(0, 3));
  write(b, count_up(0, 3));
  write(a, {3});
  write(b, {3});
  EXPECT_EQ(a.blocks().blocks[0], b.blocks().blocks[0]);
  EXPECT_EQ(pool_.free_blocks(), 7);
}

TEST_F(KvPoolTest, TheLeastRecentlyUsedGoesFirstAndNothingInUse) {
  {
    PooledSequence old(pool_);
    write(old, count_up(100, 8));
  }
  {
    PooledSequence recent(pool_);
    write(recent, count_up(200, 8));
  }
  PooledSequence running(pool_);
  write(running, count_up(0, 20));  // five blocks: one of the four others has to go
  PooledSequence look(pool_);
  EXPECT_EQ(look.reuse(count_up(200, 9)), 8);
  EXPECT_EQ(read(look), count_up(200, 8));
  EXPECT_EQ(pool_.free_blocks(), 1);
  PooledSequence more(pool_);
  EXPECT_TRUE(more.reserve(4));
  EXPECT_FALSE(more.reserve(5)) << "all other blocks are in use";
  EXPECT_EQ(read(running), count_up(0, 20));
}

TEST_F(KvPoolTest, ReservedBlocksThatWereNotWrittenComeBack) {
  {
    PooledSequence a(pool_);
    ASSERT_TRUE(a.reserve(30));
    a.commit(count_up(0, 2));
  }
  EXPECT_EQ(pool_.free_blocks(), 8);
  pool_.forget();
  EXPECT_EQ(pool_.free_blocks(), 8);
  PooledSequence b(pool_);
  EXPECT_EQ(b.reuse(count_up(0, 4)), 0) << "forgotten";
}

// Against a plain model of what must be true, over many random conversations on a pool that is too small for them.
TEST_F(KvPoolTest, RandomConversationsAlwaysReadWhatTheyWrote) {
  std::mt19937 random(5);
  const auto below = [&](uint32_t n) { return static_cast<int32_t>(random() % n); };
  for (int round = 0; round < 2000; ++round) {
    std::vector<int32_t> tokens;
    for (int i = 0, n = 1 + below(30); i < n; ++i) tokens.push_back(below(2));
    PooledSequence sequence(pool_);
    const int64_t reused = sequence.reuse(tokens);
    ASSERT_LT(reused, static_cast<int64_t>(tokens.size()));
    ASSERT_EQ(read(sequence), std::vector<int32_t>(tokens.begin(), tokens.begin() + reused));
    write(sequence, {tokens.begin() + reused, tokens.end()});
    ASSERT_EQ(read(sequence), tokens);
  }
  EXPECT_EQ(pool_.free_blocks(), 8);
}

}  // namespace
}  // namespace diptych
