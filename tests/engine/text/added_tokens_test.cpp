// Tokens that are looked for in the text itself.
#include "engine/text/added_tokens.h"

#include <gtest/gtest.h>

namespace {

using diptych::AddedToken;
using diptych::AddedTokenMatcher;

AddedToken token(int32_t id, const char* content, bool special = false) {
  AddedToken made{};
  made.id = id;
  made.content = content;
  made.special = special;
  return made;
}

std::string shown(const AddedTokenMatcher& matcher, std::string_view text, bool special = true) {
  std::string out;
  for (const auto& part : matcher.split(text, special)) {
    out += "[" + std::string(text.substr(part.begin, part.end - part.begin));
    out += part.id < 0 ? "]" : "=" + std::to_string(part.id) + "]";
  }
  return out;
}

TEST(AddedTokens, LeftmostThenLongest) {
  const AddedTokenMatcher matcher({token(1, "<a"), token(2, "<a>"), token(3, "a>b")});
  EXPECT_EQ(shown(matcher, "x<a>b<ab"), "[x][<a>=2][b][<a=1][b]");
  EXPECT_EQ(shown(matcher, "a>b"), "[a>b=3]");
  EXPECT_EQ(shown(matcher, ""), "");
}

TEST(AddedTokens, ControlTokensOnlyWhereAskedFor) {
  const AddedTokenMatcher matcher({token(1, "<s>", true), token(2, "<t>")});
  EXPECT_EQ(shown(matcher, "<s><t>", true), "[<s>=1][<t>=2]");
  EXPECT_EQ(shown(matcher, "<s><t>", false), "[<s>][<t>=2]");
}

TEST(AddedTokens, TakeWhiteSpaceAlong) {
  AddedToken left = token(1, "L"), right = token(2, "R");
  left.lstrip = right.rstrip = true;
  const AddedTokenMatcher matcher({left, right});
  EXPECT_EQ(shown(matcher, "a  L  b"), "[a][  L=1][  b]");
  EXPECT_EQ(shown(matcher, "a  R \n b"), "[a  ][R \n =2][b]");
}

TEST(AddedTokens, SingleWords) {
  AddedToken word = token(1, "cat");
  word.single_word = true;
  const AddedTokenMatcher matcher({word});
  EXPECT_EQ(shown(matcher, "cat cats écat cat."), "[cat=1][ cats écat ][cat=1][.]");
}

}  // namespace
