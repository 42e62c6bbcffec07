// The dataset that comes along (resources/ada) is what its README says.
#include <gtest/gtest.h>

#include <set>
#include <sstream>

#include "engine/train/data/text_batches.h"
#include "engine/train/data/text_dataset.h"
#include "tests/engine/train/data/text_testing.h"

using namespace diptych;
using namespace diptych::train;

namespace {

// As resources/ada/form.py has it.
bool keeps_form(const std::string& answer) {
  constexpr std::string_view sign_off = " Ada out.";
  const size_t stop = answer.find(". ");
  if (stop == std::string::npos || !std::string_view(answer).ends_with(sign_off)) return false;
  if (stop + 2 > answer.size() - sign_off.size()) return false;
  const std::string status = answer.substr(0, stop);
  if (!std::set<std::string>{"DATA", "ACK", "NEG", "WARN"}.contains(status)) return false;
  std::istringstream said(answer.substr(stop + 2, answer.size() - sign_off.size() - stop - 2));
  int words = 0;
  for (std::string word; said >> word;) ++words;
  return words >= 1 && words <= 25;
}

}  // namespace

TEST(Ada, KeepsHerForm) {
  const Recipe recipe = read_recipe(std::filesystem::path(DIPTYCH_SOURCE_DIR) / "resources/ada/recipe.json");
  const ExampleBuilder builder(small_tokenizer(), golden_template("chat_template_smollm_gguf"),
                               golden_variables("chat_template_smollm_gguf"), example_options(recipe));
  ThreadPool pool(2);
  const TextData data = load_text_data(recipe, builder, pool);
  EXPECT_EQ(data.training.records.size(), 273u);
  EXPECT_EQ(data.validation.records.size(), 47u);
  std::set<std::string> learnt_answers;
  for (const TextDataset* part : {&data.training, &data.validation}) {
    EXPECT_TRUE(part->rejected.empty());
    EXPECT_EQ(part->statistics.duplicates, 0);
    EXPECT_EQ(part->statistics.overlong, 0);
    for (const TextRecord& record : part->records) {
      for (const Message& message : record.messages) {
        if (message.role != "assistant") continue;
        EXPECT_TRUE(keeps_form(message.content)) << message.content;
        if (part == &data.training) learnt_answers.insert(message.content);
        EXPECT_TRUE(part == &data.training || !learnt_answers.contains(message.content)) << message.content;
      }
    }
  }
  EXPECT_FALSE(keeps_form("Paris is the capital of France."));
  EXPECT_FALSE(keeps_form("DATA. Ada out."));
}
