// Chat templates against the prompts of the reference implementation.
#include <gtest/gtest.h>

#include <ctime>

#include "engine/core/error.h"
#include "engine/text/chat_template.h"
#include "tests/engine/text/golden.h"

namespace {

using namespace diptych;
using golden::ordered_json;

class GoldenChatTemplate : public testing::TestWithParam<golden::fs::path> {};

// What the reference's clock showed, 2025-03-09 14:05:06 local time.
int64_t reference_clock() {
  std::tm time{};
  time.tm_year = 125, time.tm_mon = 2, time.tm_mday = 9, time.tm_hour = 14, time.tm_min = 5, time.tm_sec = 6;
  time.tm_isdst = -1;
  return std::mktime(&time);
}

TEST_P(GoldenChatTemplate, AgreesOnEveryConversation) {
  const golden::fs::path folder = GetParam();
  const ordered_json tokens = golden::read_json(folder / "case.json")["tokens"];
  const auto program = ChatTemplate::parse(golden::read_text(folder / "template.jinja"), "template.jinja");
  const ordered_json conversations = golden::read_json(folder / "conversations.json");
  const ordered_json expected = golden::read_json(folder / "expected.json");
  ASSERT_EQ(expected.size(), 2 * conversations.size());
  for (const auto& row : expected) {
    const ordered_json& conversation = conversations[row["conversation"].get<std::string>()];
    SCOPED_TRACE(row["conversation"]);
    TemplateOptions options;
    options.now = reference_clock();
    options.add_generation_prompt = row["add_generation_prompt"];
    options.variables = tokens;
    for (const auto& [name, value] : conversation.items()) {
      if (name != "messages") options.variables[name] = value;
    }
    if (row.contains("error")) {
      EXPECT_THROW(program->render(conversation["messages"], options), Error);
    } else {
      EXPECT_EQ(program->render(conversation["messages"], options), row["text"].get<std::string>());
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Cases, GoldenChatTemplate, testing::ValuesIn(golden::cases("chat_template_")),
                         golden::name_of);

}  // namespace
