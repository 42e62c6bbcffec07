#include "engine/diffusion/prompt/prompt.h"

#include <gtest/gtest.h>

#include <set>
#include <utility>

#include "engine/diffusion/prompt/prompt_wildcards.h"

using namespace diptych::diffusion;

namespace {

using Weighted = std::vector<std::pair<std::string, double>>;

Weighted emphasis(std::string_view text) {
  Weighted pieces;
  for (const PromptPiece& piece : parse_emphasis(text))
    pieces.emplace_back(piece.is_break ? "BREAK" : piece.text, piece.is_break ? -1 : piece.weight);
  return pieces;
}

using Stages = std::vector<std::pair<int, std::string>>;

Stages stages(std::string_view text, int steps = 10, int steps_before = 0) {
  const PromptSchedule schedule = schedule_prompt(text, steps, steps_before);
  Stages result;
  for (const PromptStage& stage : schedule.stages) result.emplace_back(stage.last_step, schedule.texts[stage.text]);
  return result;
}

Weighted parts(std::string_view text) {
  Weighted result;
  for (const SubPrompt& part : parse_prompt(text).parts)
    result.emplace_back(plain_text(part.texts[part.text_at(1)]), part.weight);
  return result;
}

}  // namespace

// The values that A1111 documents for its parser.
TEST(PromptEmphasis, WeighsAsA1111) {
  EXPECT_EQ(emphasis("normal text"), (Weighted{{"normal text", 1}}));
  EXPECT_EQ(emphasis("an (important) word"), (Weighted{{"an ", 1}, {"important", 1.1}, {" word", 1}}));
  EXPECT_EQ(emphasis("(unbalanced"), (Weighted{{"unbalanced", 1.1}}));
  EXPECT_EQ(emphasis("\\(literal\\]"), (Weighted{{"(literal]", 1}}));
  EXPECT_EQ(emphasis("(unnecessary)(parens)"), (Weighted{{"unnecessaryparens", 1.1}}));
  const Weighted nested{
      {"a ", 1},        {"house", 1.5730000000000004}, {" ", 1.1}, {"on", 1}, {" a ", 1.1}, {"hill", 0.55},
      {", sun, ", 1.1}, {"sky", 1.4641000000000006},   {".", 1.1}};
  EXPECT_EQ(emphasis("a (((house:1.3)) [on] a (hill:0.5), sun, (((sky)))."), nested);
}

TEST(PromptEmphasis, LeavesTextWhatIsNoSyntax) {
  EXPECT_EQ(emphasis(""), (Weighted{{"", 1}}));
  EXPECT_EQ(emphasis("a) b] c:1.2) d"), (Weighted{{"a) b] c:1.2) d", 1}}));
  EXPECT_EQ(emphasis("(a:b)"), (Weighted{{"a:b", 1.1}}));
  EXPECT_EQ(emphasis("(a:1.2.3)"), (Weighted{{"a:1.2.3", 1.1}}));
  EXPECT_EQ(emphasis("(a:+.5)"), (Weighted{{"a", 0.5}}));
  EXPECT_EQ(emphasis("(a: 1.5 )"), (Weighted{{"a", 1.5}}));
  EXPECT_EQ(emphasis("(a:-1)b"), (Weighted{{"a", -1}, {"b", 1}}));
  EXPECT_EQ(emphasis("a\\b \\\\ c\\"), (Weighted{{"ab \\ c", 1}}));
  EXPECT_EQ(emphasis("(a:1e3)"), (Weighted{{"a:1e3", 1.1}}));
  EXPECT_EQ(emphasis("ratio 16:9, (x:1.1)"), (Weighted{{"ratio 16:9, ", 1}, {"x", 1.1}}));
}

TEST(PromptEmphasis, BreaksWindowsBetweenWholeWords) {
  EXPECT_EQ(emphasis("a BREAK b"), (Weighted{{"a", 1}, {"BREAK", -1}, {"b", 1}}));
  EXPECT_EQ(emphasis("a\n BREAK\nb BREAKFAST"), (Weighted{{"a", 1}, {"BREAK", -1}, {"b BREAKFAST", 1}}));
  EXPECT_EQ(emphasis("(a BREAK b:1.2)"), (Weighted{{"a", 1.2}, {"BREAK", -1}, {"b", 1.2}}));
  EXPECT_EQ(emphasis("éBREAK"), (Weighted{{"éBREAK", 1}}));
  EXPECT_EQ(emphasis("BREAK"), (Weighted{{"", 1}, {"BREAK", -1}, {"", 1}}));
  EXPECT_EQ(plain_text(parse_emphasis("a (b) BREAK c")), "a b c");
}

TEST(PromptSchedule, ChangesAsA1111) {
  EXPECT_EQ(stages("test"), (Stages{{10, "test"}}));
  EXPECT_EQ(stages("a [b:3]"), (Stages{{3, "a "}, {10, "a b"}}));
  EXPECT_EQ(stages("a [b: 3]"), (Stages{{3, "a "}, {10, "a b"}}));
  EXPECT_EQ(stages("a [[[b]]:2]"), (Stages{{2, "a "}, {10, "a [[b]]"}}));
  EXPECT_EQ(stages("[(a:2):3]"), (Stages{{3, ""}, {10, "(a:2)"}}));
  EXPECT_EQ(stages("a [b : c : 1] d"), (Stages{{1, "a b  d"}, {10, "a  c  d"}}));
  EXPECT_EQ(stages("a[b:[c:d:2]:1]e"), (Stages{{1, "abe"}, {2, "ace"}, {10, "ade"}}));
  EXPECT_EQ(stages("a [unbalanced"), (Stages{{10, "a [unbalanced"}}));
  EXPECT_EQ(stages("a [b:.5] c"), (Stages{{5, "a  c"}, {10, "a b c"}}));
  EXPECT_EQ(stages("((a][:b:c [d:3]"), (Stages{{3, "((a][:b:c "}, {10, "((a][:b:c d"}}));
  EXPECT_EQ(stages("a [b::0.5]"), (Stages{{5, "a b"}, {10, "a "}}));
  EXPECT_EQ(stages("[:b:0.5]"), (Stages{{5, ""}, {10, "b"}}));
  EXPECT_EQ(stages("[a:b:12]"), (Stages{{10, "a"}}));
  EXPECT_EQ(stages("[a:b:0]"), (Stages{{10, "b"}}));
}

TEST(PromptSchedule, AlternatesStepByStep) {
  EXPECT_EQ(stages("[a|(b:1.1)]", 4), (Stages{{1, "a"}, {2, "(b:1.1)"}, {3, "a"}, {4, "(b:1.1)"}}));
  EXPECT_EQ(stages("[fe|]male", 3), (Stages{{1, "female"}, {2, "male"}, {3, "female"}}));
  EXPECT_EQ(stages("[fe|||]male", 5), (Stages{{1, "female"}, {2, "male"}, {3, "male"}, {4, "male"}, {5, "female"}}));
  EXPECT_EQ(schedule_prompt("[a|b]", 1000).texts.size(), 2u);
}

TEST(PromptSchedule, CountsOnInASecondPass) {
  EXPECT_EQ(stages("a [b:.5] c", 10, 10), (Stages{{10, "a b c"}}));
  EXPECT_EQ(stages("a [b:1.5] c", 10, 10), (Stages{{5, "a  c"}, {10, "a b c"}}));
  EXPECT_EQ(stages("a [b:13] c", 10, 10), (Stages{{3, "a  c"}, {10, "a b c"}}));
}

TEST(PromptSchedule, LeavesTextWhatIsNoSyntax) {
  EXPECT_EQ(stages("[a:b]"), (Stages{{10, "[a:b]"}}));
  EXPECT_EQ(stages("[a:b:c] [d:3]"), (Stages{{3, "[a:b:c] "}, {10, "[a:b:c] d"}}));
  EXPECT_EQ(stages("a | b [c:3]"), (Stages{{10, "a | b [c:3]"}}));
  EXPECT_EQ(stages("[c:3]\\"), (Stages{{10, "[c:3]\\"}}));
  EXPECT_EQ(stages("\\[a:b:3\\] [c:2]"), (Stages{{2, "\\[a:b:3\\] "}, {10, "\\[a:b:3\\] c"}}));
  EXPECT_EQ(stages("\\[a:b:3]"), (Stages{{10, "\\[a:b:3]"}}));
  const std::string deep = std::string(200000, '[') + "a|b" + std::string(200000, ']');
  EXPECT_EQ(stages(deep, 2).size(), 2u);
}

TEST(Prompt, ComposesWithWeights) {
  EXPECT_EQ(parts("a cat :1.2 AND a dog AND a penguin :2.2"),
            (Weighted{{"a cat", 1.2}, {" a dog", 1}, {" a penguin", 2.2}}));
  EXPECT_EQ(parts("rock and ROLLAND"), (Weighted{{"rock and ROLLAND", 1}}));
  EXPECT_EQ(parts("a :-.5"), (Weighted{{"a", -0.5}}));
  EXPECT_EQ(parts("16:9 AND (b:1.3)"), (Weighted{{"16", 9}, {" b", 1}}));
  EXPECT_EQ(parts("a:x"), (Weighted{{"a:x", 1}}));
  EXPECT_EQ(parse_prompt("a AND b", {.composable = false}).parts.size(), 1u);
}

TEST(Prompt, KnowsTheTextOfEachStep) {
  const Prompt prompt = parse_prompt("[a:(b):0.25] c", {.steps = 8});
  const SubPrompt& part = prompt.parts.at(0);
  EXPECT_EQ(part.text_at(0), part.text_at(2));
  EXPECT_EQ(part.texts.at(part.text_at(2)), (std::vector<PromptPiece>{{"a c"}}));
  EXPECT_EQ(part.texts.at(part.text_at(3)), (std::vector<PromptPiece>{{"b", 1.1}, {" c", 1}}));
  EXPECT_EQ(part.text_at(3), part.text_at(99));
}

TEST(PromptAdapters, AreTakenOut) {
  const PromptTags tags = take_tags("a <lora:x:0.8> b<lora:y>, <lyco:z:0.5:0.25><lora:w:te=0.1:unet=0.2>");
  EXPECT_EQ(tags.text, "a  b, ");
  EXPECT_EQ(tags.adapters,
            (std::vector<PromptAdapter>{{"x", 0.8, 0.8}, {"y", 1, 1}, {"z", 0.5, 0.25}, {"w", 0.1, 0.2}}));
  EXPECT_EQ(take_tags("<hypernet:h:1> <lora:x:much> <lora::1> <lora:x:1:1:dyn=3>").ignored,
            (std::vector<std::string>{"<hypernet:h:1>", "<lora:x:much>", "<lora::1>", "<lora:x:1:1:dyn=3>"}));
  EXPECT_EQ(take_tags("a < b <c> <d:> <:e>").text, "a < b <c> <d:> <:e>");
  EXPECT_EQ(parse_prompt("[<lora:x:1>a:b:3]", {.steps = 10}).adapters.size(), 1u);
  for (const PromptAdapter& adapter : tags.adapters)
    EXPECT_EQ(take_tags(adapter_tag(adapter)).adapters, (std::vector{adapter}));
  EXPECT_EQ(adapter_tag({"x", 0.8, 0.8}), "<lora:x:0.8>");
}

TEST(PromptWildcards, AreDrawnBySeed) {
  std::set<std::string> seen;
  for (uint64_t seed = 0; seed < 64; ++seed) {
    const std::string drawn = draw_wildcards("{a|b{1|2}|} [x|y]", seed);
    EXPECT_EQ(drawn, draw_wildcards("{a|b{1|2}|} [x|y]", seed));
    seen.insert(drawn);
  }
  EXPECT_EQ(seen, (std::set<std::string>{"a [x|y]", "b1 [x|y]", "b2 [x|y]", " [x|y]"}));
}

TEST(PromptWildcards, LeaveTextWhatIsNoSyntax) {
  for (const char* text : {"{a}", "{a|b", "a|b}", "\\{a|b\\}", "[{a|b]", "{[a|b]}", ""})
    EXPECT_EQ(draw_wildcards(text, 1), text);
  const std::string option = draw_wildcards("{[a|b]|[c|d]}", 3);
  EXPECT_TRUE(option == "[a|b]" || option == "[c|d]");
  const std::string unclosed = draw_wildcards("{a [|b}", 5);
  EXPECT_TRUE(unclosed == "a [" || unclosed == "b");
  EXPECT_EQ(draw_wildcards("{x|x}", 1) + emphasis("\\{a\\}")[0].first, "x{a}");
}
