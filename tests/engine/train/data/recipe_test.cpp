#include "engine/train/data/recipe.h"

#include <gtest/gtest.h>

#include "tests/engine/io/io_testing.h"

using namespace diptych;
using namespace diptych::train;
using diptych::testing::error_of;

namespace {

std::string with(const std::string& more) {
  return R"({"base": "SmolLM2-135M-Instruct", "data": "chat.jsonl", "output": "out")" + more + "}";
}

std::string message_of(const std::string& text) {
  const Error error = error_of([&] { parse_recipe(text, "r.json"); });
  EXPECT_NE(std::string(error.what()).find("r.json"), std::string::npos) << error.what();
  return error.what();
}

void expect_says(const std::string& text, std::initializer_list<const char*> parts) {
  const std::string message = message_of(text);
  for (const char* part : parts) EXPECT_NE(message.find(part), std::string::npos) << message << " lacks " << part;
}

}  // namespace

TEST(Recipe, NeedsThreeKeysAndSettlesTheRest) {
  const Recipe recipe = parse_recipe(with(""), "r.json");
  EXPECT_EQ(recipe.base, "SmolLM2-135M-Instruct");
  ASSERT_EQ(recipe.data.size(), 1u);
  EXPECT_EQ(recipe.data[0].path, "chat.jsonl");
  EXPECT_EQ(recipe.method, Method::lora);
  EXPECT_EQ(recipe.alpha, 16.0);
  EXPECT_EQ(recipe.learning_rate, 2e-4);
  EXPECT_EQ(recipe.epochs, 1.0);
  EXPECT_FALSE(recipe.steps.has_value());
  expect_says(R"({"base": "b", "data": "d"})", {"output is missing"});
  expect_says(R"({"base": "b", "output": "d"})", {"data is missing"});
  expect_says(R"({"data": "b", "output": "d"})", {"base is missing"});
  expect_says("[]", {"no JSON object"});
  expect_says(R"({"base": "b", "base": "c"})", {"appears twice"});
}

TEST(Recipe, ReadsEveryForm) {
  const Recipe recipe = parse_recipe(
      R"({"base": "b", "output": "o", "data": ["a.jsonl", {"path": "pics", "repeats": 3, "regularization": true}],
          "validation": 0.1, "method": "dora", "rank": 8, "alpha": 4, "targets": ["q_proj", "v_proj"],
          "rank_pattern": {"q_proj": 4}, "steps": 200, "warmup": 0.05, "optimizer": "lion", "schedule": "cosine",
          "seed": 18446744073709551615, "loss": {"on": "all", "dpo_beta": 0.3},
          "image": {"resolution": [768, 512], "keep_tags": 2}, "sample_prompts": "hello"})",
      "r.json");
  EXPECT_EQ(recipe.data[1].repeats, 3);
  EXPECT_TRUE(recipe.data[1].regularization);
  EXPECT_EQ(recipe.validation.fraction, 0.1);
  EXPECT_EQ(recipe.method, Method::dora);
  EXPECT_EQ(recipe.targets, (std::vector<std::string>{"q_proj", "v_proj"}));
  EXPECT_EQ(recipe.rank_pattern.at("q_proj"), 4);
  EXPECT_EQ(recipe.optimizer.name, OptimizerKind::lion);
  EXPECT_FALSE(recipe.optimizer.beta_2.has_value());  // Lion's own
  EXPECT_EQ(recipe.seed, UINT64_MAX);
  EXPECT_EQ(recipe.loss.on, LossOn::all);
  EXPECT_EQ(recipe.image.width, 768);
  EXPECT_EQ(recipe.image.height, 512);
  EXPECT_EQ(recipe.sample_prompts.size(), 1u);
  EXPECT_EQ(warmup_steps(recipe, 200), 10);

  // Written with every key, and read back as the same.
  const std::string text = write_recipe(recipe);
  EXPECT_EQ(parse_recipe(text, "again"), recipe);
  EXPECT_EQ(write_recipe(parse_recipe(text, "again")), text);
  EXPECT_EQ(parse_recipe(with(R"(, "validation": "held.jsonl")"), "r").validation.path, "held.jsonl");
}

TEST(Recipe, NamesWrongKeysAndValues) {
  expect_says(with(R"(, "lerning_rate": 1)"), {"\"lerning_rate\"", "\"learning_rate\" may be meant"});
  expect_says(with(R"(, "zebra": 1)"), {"\"zebra\"", "remove it"});
  expect_says(with(R"(, "loss": {"dpo_bata": 1})"), {"\"loss.dpo_bata\"", "\"loss.dpo_beta\" may be meant"});
  expect_says(with(R"(, "rank": 0)"), {"rank is 0", "whole number from 1 to 4096"});
  expect_says(with(R"(, "rank": 2.5)"), {"rank is 2.5"});
  expect_says(with(R"(, "rank": "8")"), {"rank is \"8\"", "no number"});
  expect_says(with(R"(, "learning_rate": 0)"), {"learning_rate is 0", "above 0"});
  expect_says(with(R"(, "method": "lorra")"), {"method is \"lorra\"", "\"lora\" may be meant", "textual_inversion"});
  expect_says(with(R"(, "seed": -1)"), {"seed is -1"});
  expect_says(with(R"(, "rank_pattern": {"q": 0})"), {"rank_pattern.q is 0"});
  expect_says(with(R"(, "packing": 1)"), {"packing is 1", "true or false"});
  expect_says(with(R"(, "optimizer": {"name": "adam"})"), {"optimizer.name", "\"adamw\" may be meant"});
  expect_says(with(R"(, "image": {"resolution": [1, 2, 3]})"), {"image.resolution"});
  expect_says(R"({"base": "b", "output": "o", "data": [{"repeats": 2}]})", {"data[0] names no path"});
}

TEST(Recipe, RefusesWhatDoesNotFitTogether) {
  expect_says(with(R"(, "steps": 5, "epochs": 1)"), {"steps and epochs"});
  expect_says(with(R"(, "steps": 5, "warmup": 6)"), {"warmup is longer"});
  expect_says(with(R"(, "warmup": 1.5)"), {"warmup"});
  expect_says(with(R"(, "method": "textual_inversion")"), {"no token"});
  expect_says(with(R"(, "image": {"random_crop": true, "cache_latents": true})"), {"random_crop"});
  expect_says(with(R"(, "train_denoiser": false)"), {"nothing to train"});
  expect_says(with(R"(, "method": "full", "resident_gb": 1)"), {"resident_gb", "the method full changes all"});
  // What was not asked for gives way.
  const Recipe inverting = parse_recipe(with(R"(, "method": "textual_inversion", "token": "<cat>")"), "r");
  EXPECT_EQ(inverting.image.cache_text, false);
  EXPECT_EQ(inverting.image.cache_latents, true);
  EXPECT_EQ(parse_recipe(with(R"(, "image": {"random_crop": true})"), "r").image.cache_latents, false);
}

TEST(Recipe, HashKnowsWhatDecidesTheWeights) {
  const std::string plain = recipe_hash(parse_recipe(with(""), "r"));
  EXPECT_EQ(plain.size(), 64u);
  // Spelling a default out changes nothing, nor does how often something is written.
  EXPECT_EQ(recipe_hash(parse_recipe(with(R"(, "rank": 16, "checkpoint_every": 7, "sample_prompts": ["x"])"), "r")),
            plain);
  EXPECT_EQ(recipe_hash(parse_recipe(with(R"(, "recompute": "full", "resident_gb": 0.5)"), "r")), plain);
  EXPECT_NE(recipe_hash(parse_recipe(with(R"(, "rank": 8)"), "r")), plain);
  EXPECT_NE(recipe_hash(parse_recipe(with(R"(, "seed": 1)"), "r")), plain);
}

// Where the rate depends on the run's length at its end alone, a run may go on under another.
TEST(Recipe, HashLeavesOutALengthThatDecidesNothing) {
  const auto hash = [](const char* schedule, int steps) {
    const std::string more = std::string(R"x(, "schedule": ")x") + schedule + R"(", "steps": )" + std::to_string(steps);
    return recipe_hash(parse_recipe(with(more), "r"));
  };
  EXPECT_EQ(hash("warmup_stable_decay", 10), hash("warmup_stable_decay", 20));
  EXPECT_NE(hash("cosine", 10), hash("cosine", 20));
  EXPECT_NE(hash("constant", 10), hash("warmup_stable_decay", 10));
}

TEST(Recipe, PathsAreRelativeToItsFolder) {
  const diptych::testing::TemporaryFolder folder;
  diptych::testing::write_bytes(folder / "recipe.json", with(""));
  const Recipe recipe = read_recipe(folder / "recipe.json");
  EXPECT_EQ(resolved(recipe, recipe.data[0].path), folder / "chat.jsonl");
  EXPECT_EQ(resolved(recipe, "/absolute"), "/absolute");
}
