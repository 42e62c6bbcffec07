// Stop strings and thinking sections, fed in every possible cut: the pieces must add up to the same text.
#include <gtest/gtest.h>

#include "engine/llm/stop_strings.h"
#include "engine/llm/thinking.h"

namespace diptych {
namespace {

using State = ThinkingSplitter::State;

// Pieces of `size` bytes; what was given out must never have to be taken back.
std::string stopped_at(const std::vector<std::string>& stops, const std::string& text, size_t size) {
  StopStrings filter(stops);
  std::string out;
  for (size_t i = 0; i < text.size(); i += size) out += filter.push(text.substr(i, size));
  return out + filter.finish();
}

TEST(StopStrings, EndTheTextWhereverTheyAreCut) {
  for (size_t size = 1; size < 12; ++size) {
    EXPECT_EQ(stopped_at({"###", "\nUser:"}, "a ## b\nUse c\nUser: d", size), "a ## b\nUse c");
    EXPECT_EQ(stopped_at({"aab"}, "aaaab", size), "aa");
    EXPECT_EQ(stopped_at({"xyz"}, "ends with xy", size), "ends with xy");
    EXPECT_EQ(stopped_at({}, "nothing ends it", size), "nothing ends it");
    EXPECT_EQ(stopped_at({""}, "an empty one is none", size), "an empty one is none");
  }
}

TEST(StopStrings, HoldBackOnlyWhatMayBeOne) {
  StopStrings filter({"END"});
  EXPECT_EQ(filter.push("text E"), "text ");
  EXPECT_EQ(filter.push("N"), "");
  EXPECT_EQ(filter.push("ough"), "ENough");
  EXPECT_FALSE(filter.stopped());
  EXPECT_EQ(filter.push(" END more"), " ");
  EXPECT_TRUE(filter.stopped());
  EXPECT_EQ(filter.push("never"), "");
  EXPECT_EQ(filter.finish(), "");
}

ThinkingText split(const std::string& text, size_t size, State start = State::before) {
  ThinkingSplitter splitter(start);
  ThinkingText all;
  const auto add = [&](const ThinkingText& part) {
    all.text += part.text;
    all.thinking += part.thinking;
  };
  for (size_t i = 0; i < text.size(); i += size) add(splitter.push(text.substr(i, size)));
  add(splitter.finish());
  return all;
}

TEST(Thinking, IsPartedFromTheAnswerWhereverItIsCut) {
  for (size_t size = 1; size < 30; ++size) {
    ThinkingText parts = split("\n<think>\nFirst, a < b.\nThen </thin.\n</think>\n\nThe answer <think> is 4.", size);
    EXPECT_EQ(parts.thinking, "First, a < b.\nThen </thin.") << size;
    EXPECT_EQ(parts.text, "The answer <think> is 4.") << size;
    parts = split("<think></think>Short", size);
    EXPECT_EQ(parts.thinking, "");
    EXPECT_EQ(parts.text, "Short");
    parts = split(" Just an answer <think>no</think>", size);
    EXPECT_EQ(parts.thinking, "");
    EXPECT_EQ(parts.text, " Just an answer <think>no</think>");
    parts = split("still at it", size, State::thinking);
    EXPECT_EQ(parts.thinking, "still at it");
    parts = split(" so\n</think>\nyes", size, State::thinking);
    EXPECT_EQ(parts.thinking, "so");
    EXPECT_EQ(parts.text, "yes");
    parts = split("<think>is text</think>", size, State::answer);
    EXPECT_EQ(parts.text, "<think>is text</think>");
    parts = split("<thin", size);
    EXPECT_EQ(parts.text, "<thin");
    parts = split("  ", size);
    EXPECT_EQ(parts.text, "");
  }
}

TEST(Thinking, AnOpenedSectionAtThePromptsEndIsSeen) {
  EXPECT_TRUE(opens_thinking("<|im_start|>assistant\n<think>\n"));
  EXPECT_FALSE(opens_thinking("<think>\n\n</think>\n\n"));
  EXPECT_FALSE(opens_thinking("what does <think> mean?"));
  EXPECT_FALSE(opens_thinking(""));
}

}  // namespace
}  // namespace diptych
