#include "engine/plan/goals.h"

#include <gtest/gtest.h>

namespace diptych::plan {
namespace {

train::Recipe given() {
  return train::parse_recipe(R"({"base": "b", "data": "d", "output": "o", "seed": 3})", "recipe.json");
}

// Each reads back as a recipe: what goals say is what recipes may say.
void expect_valid(const Goal& goal) {
  const std::string text = train::write_recipe(goal.recipe);
  EXPECT_EQ(train::write_recipe(train::parse_recipe(text, goal.name)), text);
  EXPECT_FALSE(goal.explanation.empty());
  EXPECT_GE(goal.reasons.size(), 2u);
  EXPECT_EQ(goal.recipe.seed, 3u);
}

TEST(Goals, OfTextFitTheData) {
  GoalFacts facts;
  facts.examples = 1500;
  facts.long_example_tokens = 300;
  facts.context_length = 2048;
  facts.sample_prompts = {"Why?"};
  const std::vector<Goal> goals = goals_for(given(), facts);
  ASSERT_EQ(goals.size(), 2u);
  for (const Goal& goal : goals) {
    expect_valid(goal);
    EXPECT_EQ(goal.recipe.sequence, 512);
    EXPECT_EQ(goal.recipe.sample_prompts.size(), 1u);
    EXPECT_GT(goal.recipe.sample_every, 0);
    EXPECT_EQ(goal.recipe.method, train::Method::lora);
  }
  EXPECT_EQ(goals[0].name, "domain");
  EXPECT_TRUE(goals[0].recommended);
  EXPECT_GT(goals[0].recipe.rank, goals[1].recipe.rank);
  facts.quantized = true;
  facts.context_length = 256;
  const std::vector<Goal> over = goals_for(given(), facts);
  EXPECT_EQ(over[0].recipe.method, train::Method::qlora);
  EXPECT_EQ(over[0].recipe.sequence, 256);
}

TEST(Goals, OfPicturesCountThem) {
  GoalFacts facts;
  facts.kind = train::BaseKind::image;
  facts.side = 1024;
  facts.examples = 15;
  const std::vector<Goal> goals = goals_for(given(), facts);
  ASSERT_EQ(goals.size(), 2u);
  for (const Goal& goal : goals) {
    expect_valid(goal);
    EXPECT_EQ(goal.recipe.image.width, 1024);
  }
  EXPECT_EQ(*goals[0].recipe.steps, 1500);
  EXPECT_EQ(*goals[1].recipe.steps, 1800);
  EXPECT_TRUE(goals[1].recommended);
  EXPECT_FALSE(goals[1].recipe.image.flip);
}

TEST(Goals, OfAWordAreOfferedWhereItCanBeLearnt) {
  GoalFacts facts;
  facts.kind = train::BaseKind::image;
  facts.examples = 12;
  facts.sample_prompts = {"a fox in the snow"};
  facts.words = true;
  facts.word = "<fox>";
  const std::vector<Goal> goals = goals_for(given(), facts);
  ASSERT_EQ(goals.size(), 3u);
  const train::Recipe& word = goals[2].recipe;
  expect_valid(goals[2]);
  EXPECT_EQ(goals[2].name, "word");
  EXPECT_FALSE(goals[2].recommended);
  EXPECT_EQ(word.method, train::Method::textual_inversion);
  EXPECT_EQ(word.token, "<fox>");
  EXPECT_EQ(word.token_vectors, 2);
  EXPECT_EQ(word.image.caption_prefix, "a photo of <fox>,");
  EXPECT_FALSE(*word.image.cache_text);
  EXPECT_EQ(*word.steps, 1200);
  for (const std::string& prompt : word.sample_prompts) EXPECT_NE(prompt.find("<fox>"), std::string::npos) << prompt;
  facts.word_is_named = true;  // by the captions
  EXPECT_EQ(goals_for(given(), facts)[2].recipe.image.caption_prefix, "");
}

// The sample data set's recipe is what the wizard would have made of it.
TEST(Goals, OfTheSampleAreItsRecipe) {
  const train::Recipe shipped = train::read_recipe(DIPTYCH_SOURCE_DIR "/resources/style/recipe.json");
  GoalFacts facts;
  facts.kind = train::BaseKind::image;
  facts.side = facts.side_multiple = 128;
  facts.flow = true;
  facts.parameters = 9'000'000;
  facts.examples = 120;
  train::Recipe bare = given();
  bare.base = shipped.base;
  bare.data = shipped.data;
  bare.output = shipped.output;
  bare.seed = shipped.seed;
  bare.sample_prompts = shipped.sample_prompts;
  const Goal style = goals_for(bare, facts)[0];
  train::Recipe made = style.recipe;
  made.folder = shipped.folder;
  EXPECT_EQ(style.name, "style");
  EXPECT_EQ(train::write_recipe(made), train::write_recipe(shipped));
  EXPECT_EQ(*made.steps, 720);
}

}  // namespace
}  // namespace diptych::plan
