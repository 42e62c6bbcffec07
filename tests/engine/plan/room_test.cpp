#include "engine/plan/room.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>

#include "engine/core/error.h"

namespace diptych::plan {
namespace {

using nlohmann::ordered_json;

train::Recipe recipe(const std::string& more) {
  return train::parse_recipe(R"({"base": "b", "data": "d", "output": "o", )" + more + "}", "recipe.json");
}

TrainingForecast forecast() {
  TrainingForecast made;
  made.steps = 100;
  made.checkpoint_bytes = 1'000'000'000;
  made.result_bytes = 10'000'000;
  return made;
}

TEST(Room, DiskHoldsCheckpointsUpToTheirBudget) {
  EXPECT_EQ(disk_bytes_of(recipe(R"("checkpoint_every": 50, "checkpoint_budget_gb": 0)"), forecast()), 3'010'000'000);
  EXPECT_EQ(disk_bytes_of(recipe(R"("checkpoint_every": 10, "checkpoint_budget_gb": 4)"), forecast()), 5'010'000'000);
  // Two there must be: one is written beside the last.
  EXPECT_EQ(disk_bytes_of(recipe(R"("checkpoint_every": 10, "checkpoint_budget_gb": 0.1)"), forecast()), 2'010'000'000);
  EXPECT_EQ(disk_bytes_of(recipe(R"("checkpoint_every": 100, "save_every": 20)"), forecast()), 2'060'000'000);
  EXPECT_EQ(least_disk_bytes(forecast()), 2'010'000'000);
}

TEST(Room, AFolderThatIsNotThereHasTheRoomOfTheOneAround) {
  const int64_t here = free_disk_bytes(std::filesystem::current_path());
  ASSERT_GT(here, 0);
  EXPECT_NEAR(static_cast<double>(free_disk_bytes("not/there")), static_cast<double>(here), 0.1 * here);
}

TEST(Room, RefusalsSayWhatIsNeededAndWhatToDo) {
  EXPECT_NO_THROW(require_memory("base", 100, 100, ""));
  try {
    require_memory("base", 2'000'000'000, 1'500'000'000, "use a smaller batch");
    FAIL() << "it does not fit";
  } catch (const Error& error) {
    EXPECT_EQ(error.category(), ErrorCategory::out_of_memory);
    EXPECT_NE(std::string(error.what()).find("2.00 GB of memory and 1.50 GB are free; use a smaller batch"),
              std::string::npos)
        << error.what();
  }
  EXPECT_NO_THROW(require_disk("out", 5, 5));
  EXPECT_THROW(require_disk("out", 6, 5), Error);
}

// Weights of 3 GB beside 0.2 GB, or encoders of 1 GB before them.
TEST(Room, AsManyWeightsStayInMemoryAsFit) {
  const auto needs = [](const train::Recipe& one) {
    return std::max<int64_t>(1'000'000'000, 200'000'000 + static_cast<int64_t>(*one.resident_gb * 1e9));
  };
  train::Recipe one = recipe(R"("resident_gb": 0)");
  EXPECT_EQ(keep_what_fits(one, 1'000'000'000, 900'000'000, needs), 1'000'000'000);
  EXPECT_EQ(one.resident_gb, 0);
  EXPECT_EQ(keep_what_fits(one, 1'000'000'000, 1'239'000'000, needs), 1'230'000'000);
  EXPECT_EQ(one.resident_gb, 1.03);
  keep_what_fits(one, 1'000'000'000, 3'000'000'000, needs);  // a share that was chosen
  EXPECT_EQ(one.resident_gb, 1.03);
  one.resident_gb = std::nullopt;
  keep_what_fits(one, 1'000'000'000, 3'000'000'000, needs);
  EXPECT_FALSE(one.resident_gb);
}

TEST(Room, APatchTurnsOneIntoTheOther) {
  const ordered_json from = ordered_json::parse(R"({"a": 1, "b": {"c": 2, "d": 3}, "e": 4})");
  const ordered_json to = ordered_json::parse(R"({"a": 1, "b": {"c": 5, "d": 3}, "f": [6]})");
  const ordered_json patch = merge_patch(from, to);
  EXPECT_EQ(patch, ordered_json::parse(R"({"b": {"c": 5}, "f": [6], "e": null})"));
  ordered_json patched = from;
  patched.merge_patch(patch);
  EXPECT_EQ(nlohmann::json(patched), nlohmann::json(to));
}

}  // namespace
}  // namespace diptych::plan
