#include "engine/plan/alternatives.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace diptych::plan {
namespace {

train::Recipe recipe(const std::string& more = "") {
  return train::parse_recipe(R"({"base": "b", "data": "d", "output": "o")" + more + "}", "recipe.json");
}

const Alternative* named(const std::vector<Alternative>& all, const std::string& name) {
  const auto found = std::ranges::find(all, name, &Alternative::name);
  return found == all.end() ? nullptr : &*found;
}

TEST(Alternatives, KeepTheNumberOfExamplesOfAStep) {
  const auto all = alternatives_to(recipe(R"(, "batch": 4, "accumulate": 2)"), train::BaseKind::text, "");
  const Alternative* smaller = named(all, "smaller_batch");
  ASSERT_NE(smaller, nullptr);
  EXPECT_EQ(smaller->recipe.batch, 1);
  EXPECT_EQ(smaller->recipe.accumulate, 8);
}

TEST(Alternatives, LeaveOutWhatDoesNotApply) {
  const auto all =
      alternatives_to(recipe(R"(, "batch": 1, "sequence": 128, "rank": 4, "recompute": "full", "optimizer": "lion")"),
                      train::BaseKind::text, "");
  ASSERT_EQ(all.size(), 1u);  // weights can always be left in their file …
  EXPECT_EQ(all.front().name, "weights_from_file");
  EXPECT_EQ(all.front().recipe.resident_gb, 0);
  EXPECT_EQ(named(alternatives_to(all.front().recipe, train::BaseKind::text, ""), "weights_from_file"), nullptr);
  // … more of them than a recipe says …
  EXPECT_NE(named(alternatives_to(recipe(R"(, "resident_gb": 2)"), train::BaseKind::text, ""), "weights_from_file"),
            nullptr);
  // … unless they are what changes.
  EXPECT_EQ(named(alternatives_to(recipe(R"(, "method": "full")"), train::BaseKind::text, ""), "weights_from_file"),
            nullptr);
  EXPECT_NE(named(alternatives_to(recipe(), train::BaseKind::text, "quantized"), "qlora"), nullptr);
  EXPECT_EQ(named(alternatives_to(recipe(), train::BaseKind::image, ""), "shorter_sequence"), nullptr);
  EXPECT_NE(named(alternatives_to(recipe(), train::BaseKind::image, ""), "lower_resolution"), nullptr);
}

TEST(Alternatives, ScaleAlphaWithTheRank) {
  const auto all = alternatives_to(recipe(R"(, "rank": 32, "alpha": 64)"), train::BaseKind::text, "");
  const Alternative* lower = named(all, "lower_rank");
  ASSERT_NE(lower, nullptr);
  EXPECT_EQ(lower->recipe.rank, 8);
  EXPECT_EQ(lower->recipe.alpha, 16);
  EXPECT_EQ(all.back().name, "all");
  EXPECT_EQ(all.back().recipe.resident_gb, 0);
  EXPECT_EQ(all.back().recipe.rank, 8);
  EXPECT_EQ(all.back().recipe.recompute, train::Recompute::full);
}

}  // namespace
}  // namespace diptych::plan
