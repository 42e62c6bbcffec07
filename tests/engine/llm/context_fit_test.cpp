#include "engine/llm/context_fit.h"

#include <gtest/gtest.h>

#include <sstream>

#include "engine/core/error.h"

namespace diptych {
namespace {

Messages conversation(int turns, int words) {
  Messages messages = Messages::array({{{"role", "system"}, {"content", "be kind"}}});
  for (int i = 0; i < turns; ++i) {
    std::string text;
    for (int w = 0; w < words; ++w) text += "w ";
    messages.push_back({{"role", "user"}, {"content", "q" + std::to_string(i) + " " + text}});
    if (i + 1 < turns) messages.push_back({{"role", "assistant"}, {"content", "a" + std::to_string(i) + " " + text}});
  }
  return messages;
}

// A "template" with one token per word; refuses system messages where it is told to.
struct Fixture {
  bool refuses_system = false;
  int summaries = 0;
  std::string last_earlier;
  Messages last_summarised;

  Prompt build(const PromptRequest& request) const {
    Prompt prompt;
    for (const auto& message : request.messages) {
      if (refuses_system && message["role"] == "system")
        throw Error(ErrorCategory::unsupported, "cannot render", "template", "no system messages", "leave it out");
      std::istringstream words(message["content"].get<std::string>());
      for (std::string word; words >> word;) {
        prompt.text += word + " ";
        prompt.tokens.push_back(1);
      }
    }
    return prompt;
  }
  ContextFit fit(int64_t context) {
    return ContextFit({[this](const PromptRequest& request) { return build(request); },
                       [this](const std::string& earlier, const Messages& messages) {
                         last_earlier = earlier;
                         last_summarised = messages;
                         return "S" + std::to_string(++summaries);
                       }},
                      context);
  }
};

PromptRequest request_of(Messages messages) {
  PromptRequest request;
  request.messages = std::move(messages);
  return request;
}

TEST(ContextFit, WhatFitsStaysWhole) {
  Fixture f;
  ContextFit fit = f.fit(100);
  for (const auto policy : {ContextPolicy::stop, ContextPolicy::drop_oldest, ContextPolicy::summarise}) {
    const FittedPrompt fitted = fit.fit(request_of(conversation(3, 5)), policy, 10);
    EXPECT_EQ(fitted.dropped_turns, 0);
    EXPECT_EQ(fitted.prompt.tokens.size(), 2u + 5 * 6);
  }
}

TEST(ContextFit, StopRefusesAndSaysWhatToDo) {
  Fixture f;
  try {
    f.fit(100).fit(request_of(conversation(20, 5)), ContextPolicy::stop, 10);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.category(), ErrorCategory::invalid_argument);
    EXPECT_NE(std::string(error.what()).find("236 tokens"), std::string::npos) << error.what();
  }
}

TEST(ContextFit, DropsWholeTurnsAndKeepsTheSystemMessage) {
  Fixture f;
  const FittedPrompt fitted = f.fit(100).fit(request_of(conversation(20, 5)), ContextPolicy::drop_oldest, 10);
  EXPECT_LE(fitted.prompt.tokens.size(), 50u);
  EXPECT_GT(fitted.prompt.tokens.size(), 50u - 12);
  EXPECT_TRUE(fitted.prompt.text.starts_with("be kind q")) << fitted.prompt.text;
  EXPECT_NE(fitted.prompt.text.find("q19"), std::string::npos);
  EXPECT_EQ(fitted.dropped_turns, 16);
}

TEST(ContextFit, TheNextTurnsKeepTheCut) {
  Fixture f;
  ContextFit fit = f.fit(100);
  const int64_t dropped = fit.fit(request_of(conversation(20, 5)), ContextPolicy::drop_oldest, 10).dropped_turns;
  const std::string before = fit.fit(request_of(conversation(20, 5)), ContextPolicy::drop_oldest, 10).prompt.text;
  const FittedPrompt next = fit.fit(request_of(conversation(21, 5)), ContextPolicy::drop_oldest, 10);
  EXPECT_EQ(next.dropped_turns, dropped);
  EXPECT_TRUE(next.prompt.text.starts_with(before)) << "the cached prefix would be lost";
  EXPECT_GT(fit.fit(request_of(conversation(30, 5)), ContextPolicy::drop_oldest, 10).dropped_turns, dropped);
  // Another conversation is not cut because of this one.
  EXPECT_EQ(fit.fit(request_of(conversation(5, 5)), ContextPolicy::drop_oldest, 10).dropped_turns, 0);
}

TEST(ContextFit, SummarisesOnceAndThenOnTopOfTheSummary) {
  Fixture f;
  ContextFit fit = f.fit(100);
  FittedPrompt fitted = fit.fit(request_of(conversation(20, 5)), ContextPolicy::summarise, 10);
  EXPECT_EQ(f.summaries, 1);
  EXPECT_EQ(f.last_earlier, "");
  EXPECT_EQ(f.last_summarised.size(), static_cast<size_t>(2 * fitted.dropped_turns));
  EXPECT_TRUE(fitted.prompt.text.starts_with("be kind Summary of the conversation so far: S1 q")) << fitted.prompt.text;
  fit.fit(request_of(conversation(21, 5)), ContextPolicy::summarise, 10);
  EXPECT_EQ(f.summaries, 1) << "the turns that were left out are the same";
  const int64_t dropped = fitted.dropped_turns;
  fitted = fit.fit(request_of(conversation(30, 5)), ContextPolicy::summarise, 10);
  EXPECT_EQ(f.summaries, 2);
  EXPECT_EQ(f.last_earlier, "S1");
  EXPECT_EQ(f.last_summarised.size(), static_cast<size_t>(2 * (fitted.dropped_turns - dropped)));
}

TEST(ContextFit, ATemplateWithoutSystemMessagesCarriesTheSummaryInTheQuestion) {
  Fixture f;
  f.refuses_system = true;
  Messages messages = conversation(20, 5);
  messages.erase(messages.begin());
  const FittedPrompt fitted = f.fit(100).fit(request_of(messages), ContextPolicy::summarise, 10);
  EXPECT_TRUE(fitted.prompt.text.starts_with("Summary of the conversation so far: S1 q")) << fitted.prompt.text;
}

TEST(ContextFit, ALastTurnThatIsTooLongIsRefused) {
  Fixture f;
  EXPECT_THROW(f.fit(100).fit(request_of(conversation(1, 200)), ContextPolicy::drop_oldest, 10), Error);
  EXPECT_THROW(f.fit(100).fit(request_of(conversation(3, 120)), ContextPolicy::drop_oldest, 10), Error);
}

}  // namespace
}  // namespace diptych
