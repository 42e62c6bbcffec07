#include "engine/train/data/text_batches.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <set>

#include "engine/core/random.h"
#include "engine/train/data/packing.h"
#include "tests/engine/io/io_testing.h"

using namespace diptych;
using namespace diptych::train;

namespace {

std::vector<Example> made_examples(size_t count, int64_t longest) {
  std::vector<Example> examples(count);
  const RandomStream lengths(1, "lengths");
  for (size_t i = 0; i < count; ++i) {
    TokenSequence sequence;
    const auto length = 1 + static_cast<int64_t>(lengths.uniform(i) * static_cast<double>(longest));
    for (int64_t t = 0; t < length; ++t) {
      sequence.tokens.push_back(static_cast<int32_t>(i * 1000) + static_cast<int32_t>(t));
      sequence.labels.push_back(t + 1 < length ? no_label : static_cast<int32_t>(i));
    }
    examples[i].record = static_cast<int64_t>(i);
    examples[i].sequences.push_back(std::move(sequence));
  }
  return examples;
}

// First fit as its definition says.
std::vector<std::vector<int64_t>> plain_first_fit(std::span<const int64_t> lengths, int64_t capacity) {
  std::vector<std::vector<int64_t>> groups;
  std::vector<int64_t> room;
  for (size_t i = 0; i < lengths.size(); ++i) {
    const int64_t length = std::min(lengths[i], capacity);
    size_t group = 0;
    while (group < groups.size() && room[group] < length) ++group;
    if (group == groups.size()) {
      groups.emplace_back();
      room.push_back(capacity);
    }
    groups[group].push_back(static_cast<int64_t>(i));
    room[group] -= length;
  }
  return groups;
}

}  // namespace

TEST(Packing, IsFirstFit) {
  for (const size_t count : {0, 1, 2, 3, 17, 500}) {
    std::vector<int64_t> lengths;
    const RandomStream stream(count, "packing");
    for (size_t i = 0; i < count; ++i) lengths.push_back(1 + static_cast<int64_t>(stream.uniform(i) * 120));
    EXPECT_EQ(pack_first_fit(lengths, 100), plain_first_fit(lengths, 100)) << count;
  }
}

TEST(TextBatches, PacksWholeExamplesWithoutPadding) {
  const std::vector<Example> examples = made_examples(200, 60);
  TextBatchOptions options;
  options.batch = 2;
  options.sequence = 64;
  options.seed = 3;
  TextBatches batches(examples, options);
  const int64_t count = batches.batches_in(0);
  std::multiset<int64_t> seen;
  int64_t tokens = 0, shortest_room = 0;
  for (int64_t i = 0; i < count; ++i) {
    const TextBatch batch = batches.next();
    ASSERT_LE(batch.batch.token_count(), 128);
    ASSERT_EQ(batch.labels.size(), batch.batch.tokens.size());
    ASSERT_EQ(batch.batch.sequences(), std::ssize(batch.examples));
    ASSERT_EQ(batch.batch.sequence_offsets.back(), batch.batch.token_count());
    for (size_t s = 0; s < batch.examples.size(); ++s) {
      const TokenSequence& sequence = examples[static_cast<size_t>(batch.examples[s])].sequences[0];
      const auto begin = static_cast<size_t>(batch.batch.sequence_offsets[s]);
      ASSERT_EQ(batch.batch.sequence_offsets[s + 1] - batch.batch.sequence_offsets[s], sequence.length());
      for (size_t t = 0; t < sequence.tokens.size(); ++t) {
        ASSERT_EQ(batch.batch.tokens[begin + t], sequence.tokens[t]);
        ASSERT_EQ(batch.batch.positions[begin + t], static_cast<int32_t>(t));
        ASSERT_EQ(batch.labels[begin + t], sequence.labels[t]);
      }
      seen.insert(batch.examples[s]);
    }
    EXPECT_EQ(std::ssize(labelled_rows(batch.labels)), batch.label_count());
    tokens += batch.batch.token_count();
    shortest_room += 128;
  }
  EXPECT_EQ(batches.position(), (DataPosition{1, 0}));
  EXPECT_EQ(seen.size(), 200u);  // every example once
  EXPECT_EQ(std::set<int64_t>(seen.begin(), seen.end()).size(), 200u);
  EXPECT_GT(static_cast<double>(tokens) / static_cast<double>(shortest_room), 0.9);  // how full
}

TEST(TextBatches, GoesOnBitByBit) {
  const std::vector<Example> examples = made_examples(50, 30);
  for (const bool packing : {true, false}) {
    TextBatchOptions options;
    options.batch = 3;
    options.sequence = 40;
    options.packing = packing;
    options.seed = 11;
    TextBatches straight(examples, options);
    std::vector<TextBatch> all;
    std::vector<DataPosition> positions;
    for (int i = 0; i < 60; ++i) {
      positions.push_back(straight.position());
      all.push_back(straight.next());
    }
    EXPECT_GT(straight.position().epoch, 1);
    for (const size_t from : {0u, 1u, 17u, 43u}) {
      TextBatches again(examples, options);
      again.seek(positions[from]);
      for (size_t i = from; i < all.size(); ++i) {
        const TextBatch batch = again.next();
        ASSERT_EQ(batch.batch.tokens, all[i].batch.tokens);
        ASSERT_EQ(batch.labels, all[i].labels);
        ASSERT_EQ(batch.batch.sequence_offsets, all[i].batch.sequence_offsets);
      }
    }
    TextBatches lost(examples, options);
    EXPECT_EQ(diptych::testing::error_of([&] {
                lost.seek({0, 1'000'000});
              }).category(),
              ErrorCategory::invalid_argument);
    EXPECT_EQ(diptych::testing::error_of([&] { lost.seek({-1, 0}); }).category(), ErrorCategory::invalid_argument);
  }
}

TEST(TextBatches, CountsEpochs) {
  const std::vector<Example> examples = made_examples(10, 5);
  TextBatchOptions options;
  options.batch = 4;
  options.packing = false;
  options.shuffle = false;
  TextBatches batches(examples, options);
  EXPECT_EQ(batches.batches_in(0), 3);
  EXPECT_EQ(batches.batches_of(2), 6);
  EXPECT_EQ(batches.batches_of(2.5), 8);
  EXPECT_EQ(batches.next().examples, (std::vector<int64_t>{0, 1, 2, 3}));
}

TEST(TextBatches, PreferencesStandInPairs) {
  std::vector<Example> examples = made_examples(2, 4);
  examples[0].sequences.push_back(examples[1].sequences[0]);
  examples[1].sequences.push_back(examples[0].sequences[0]);
  const TextBatch batch = text_batch(examples, std::vector<int64_t>{1, 0});
  EXPECT_EQ(batch.batch.sequences(), 4);
  EXPECT_EQ(batch.examples, (std::vector<int64_t>{1, 0}));
  EXPECT_EQ(batch.batch.tokens[static_cast<size_t>(batch.batch.sequence_offsets[2])], 0);
}

TEST(DataOrder, ShufflesEveryEpochAnew) {
  const DataOrder order(5, 1000);
  const auto first = order.epoch(0), second = order.epoch(1);
  EXPECT_EQ(order.epoch(0), first);
  EXPECT_NE(first, second);
  EXPECT_NE(DataOrder(6, 1000).epoch(0), first);
  EXPECT_FALSE(std::ranges::is_sorted(first));
  auto sorted = second;
  std::ranges::sort(sorted);
  for (int64_t i = 0; i < 1000; ++i) ASSERT_EQ(sorted[static_cast<size_t>(i)], i);
  // Fair: over many epochs an index stands everywhere about equally often (chi-square of 10 places, 9 degrees of
  // freedom; 27.9 is exceeded once in a thousand).
  std::vector<int> places(10);
  const DataOrder few(7, 10);
  for (int64_t epoch = 0; epoch < 1000; ++epoch) {
    const auto values = few.epoch(epoch);
    ++places[static_cast<size_t>(std::ranges::find(values, 3) - values.begin())];
  }
  double chi_square = 0;
  for (const int count : places) chi_square += (count - 100.0) * (count - 100.0) / 100.0;
  EXPECT_LT(chi_square, 27.9);
}
