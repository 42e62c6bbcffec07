#include "engine/train/data/text_dataset.h"

#include <gtest/gtest.h>

#include "tests/engine/io/io_testing.h"
#include "tests/engine/train/data/text_testing.h"

using namespace diptych;
using namespace diptych::train;
using diptych::testing::error_of;
using diptych::testing::TemporaryFolder;
using diptych::testing::write_bytes;

namespace {

ExampleBuilder plain_builder(int64_t sequence = 1024) {
  ExampleOptions options;
  options.sequence = sequence;
  return {small_tokenizer(), nullptr, nlohmann::ordered_json::object(), options};
}

Recipe recipe_in(const TemporaryFolder& folder, const std::string& file) {
  Recipe recipe;
  recipe.folder = folder.path();
  recipe.data.push_back({});
  recipe.data[0].path = file;
  return recipe;
}

std::string numbered(int count) {
  std::string lines;
  for (int i = 0; i < count; ++i)
    lines += R"({"prompt": "Count )" + std::to_string(i) +
             R"(", "completion": "ok"})"
             "\n";
  return lines;
}

}  // namespace

TEST(TextDataset, CountsAndNamesEverything) {
  const TemporaryFolder folder;
  write_bytes(
      folder / "a.jsonl",
      numbered(10) + "broken\n" + R"({"prompt": "Count 3", "completion": "ok"})" + "\n" +
          R"({"prompt": "Tell a story of every number there is, please, from one to a hundred and back again", "completion": "ok"})");
  ThreadPool pool(2);
  const TextData data = load_text_data(recipe_in(folder, "a.jsonl"), plain_builder(32), pool);
  const TextStatistics& statistics = data.training.statistics;
  EXPECT_EQ(statistics.records, 12);
  EXPECT_EQ(statistics.examples, 11);
  EXPECT_EQ(statistics.overlong, 1);
  EXPECT_EQ(statistics.duplicates, 1);
  ASSERT_EQ(statistics.first_duplicates.size(), 1u);
  EXPECT_EQ(statistics.first_duplicates[0].first.place, "line 4");
  EXPECT_EQ(statistics.first_duplicates[0].again.place, "line 12");
  ASSERT_EQ(data.training.rejected.size(), 2u);
  EXPECT_EQ(data.training.rejected[0].origin.place, "line 11");
  EXPECT_EQ(data.training.rejected[1].origin.place, "line 13");
  EXPECT_GT(statistics.length.most, 32);
  EXPECT_GT(statistics.tokens, statistics.learnt_tokens);
  EXPECT_EQ(statistics.learnt_tokens % 11, 0);  // "ok" and the end, eleven times
  EXPECT_TRUE(data.validation.examples.empty());
}

TEST(TextDataset, PercentilesAreNearestRanks) {
  std::vector<int64_t> values;
  for (int64_t i = 100; i >= 1; --i) values.push_back(i);
  const Percentiles all = percentiles(values);
  EXPECT_EQ(all.least, 1);
  EXPECT_EQ(all.p5, 5);
  EXPECT_EQ(all.median, 50);
  EXPECT_EQ(all.p99, 99);
  EXPECT_EQ(all.most, 100);
  EXPECT_EQ(all.mean, 50.5);
  EXPECT_EQ(percentiles({7}).p95, 7);
  EXPECT_EQ(percentiles({}).most, 0);
}

TEST(TextDataset, HoldsOutAStableShare) {
  const TemporaryFolder folder;
  write_bytes(folder / "a.jsonl", numbered(400));
  Recipe recipe = recipe_in(folder, "a.jsonl");
  recipe.validation.fraction = 0.1;
  ThreadPool pool(2);
  const TextData first = load_text_data(recipe, plain_builder(), pool);
  const int64_t held = first.validation.statistics.records;
  EXPECT_EQ(held + first.training.statistics.records, 400);
  EXPECT_GT(held, 20);
  EXPECT_LT(held, 70);
  // More records move none of the old ones; the same record is on the same side wherever it stands.
  write_bytes(folder / "a.jsonl", numbered(800));
  const TextData more = load_text_data(recipe, plain_builder(), pool);
  for (const TextRecord& record : first.validation.records) {
    const auto same = [&](const TextRecord& other) { return other.messages == record.messages; };
    EXPECT_TRUE(std::ranges::any_of(more.validation.records, same));
  }
  // By file.
  write_bytes(folder / "held.jsonl", numbered(3));
  recipe.validation = {0, "held.jsonl"};
  EXPECT_EQ(load_text_data(recipe, plain_builder(), pool).validation.examples.size(), 3u);
}

TEST(TextDataset, RefusesNothingAndMixtures) {
  const TemporaryFolder folder;
  ThreadPool pool(1);
  write_bytes(folder / "bad.jsonl", "{}\n");
  const std::string message =
      error_of([&] { load_text_data(recipe_in(folder, "bad.jsonl"), plain_builder(), pool); }).what();
  EXPECT_NE(message.find("bad.jsonl, line 1: it has neither"), std::string::npos) << message;
  // A validation file that is there but of no use.
  write_bytes(folder / "good.jsonl", numbered(3));
  Recipe recipe = recipe_in(folder, "good.jsonl");
  recipe.validation.path = "bad.jsonl";
  EXPECT_EQ(error_of([&] { load_text_data(recipe, plain_builder(), pool); }).thing(), "bad.jsonl");
  write_bytes(folder / "mixed.jsonl", numbered(2) + R"({"prompt": "p", "chosen": "a", "rejected": "b"})");
  const Error mixed = error_of([&] { load_text_data(recipe_in(folder, "mixed.jsonl"), plain_builder(), pool); });
  EXPECT_NE(mixed.thing().find("line 3"), std::string::npos) << mixed.what();
  EXPECT_EQ(error_of([&] { load_text_data(recipe_in(folder, "no.jsonl"), plain_builder(), pool); }).category(),
            ErrorCategory::not_found);
}
