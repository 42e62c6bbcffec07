// The dataset that comes along as SmolLM2's own files cut it.
#include <gtest/gtest.h>

#include "engine/train/data/text_dataset.h"
#include "tests/engine/text/golden.h"
#include "tests/engine/train/data/text_testing.h"

using namespace diptych;
using namespace diptych::train;

// Counted with transformers' tokenizer of the same file: prompts up to each answer, the answers, an end token each.
TEST(RealTokenizer, CountsAsTransformersDoes) {
  const std::filesystem::path model = golden::model_file("SmolLM2-135M-Instruct.Q4_1.gguf");
  if (model.empty()) GTEST_SKIP() << "run 'make models'";
  const Recipe recipe = read_recipe(std::filesystem::path(DIPTYCH_SOURCE_DIR) / "resources/ada/recipe.json");
  const TextSource source = TextSource::open(model);
  const ExampleBuilder builder(source.tokenizer(), source.chat_template(), source.template_variables(),
                               example_options(recipe));
  ThreadPool pool(2);
  const TextData data = load_text_data(recipe, builder, pool);
  EXPECT_EQ(data.training.statistics.learnt_tokens, 4004);
  EXPECT_EQ(data.training.statistics.tokens, 15340 - 273);  // without each one's last end token, which predicts nothing
}
