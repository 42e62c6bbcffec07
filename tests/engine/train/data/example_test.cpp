#include <gtest/gtest.h>

#include "engine/train/data/example_builder.h"
#include "tests/engine/train/data/text_testing.h"

using namespace diptych;
using namespace diptych::train;

namespace {

const std::vector<Message> two_answers{{"user", "What is red?"},
                                       {"assistant", "A rose, mostly."},
                                       {"user", "And blue?"},
                                       {"assistant", "The sky at noon."}};

ExampleBuilder smollm(const ExampleOptions& options = {}) {
  return {small_tokenizer(), golden_template("chat_template_smollm_gguf"),
          golden_variables("chat_template_smollm_gguf"), options};
}

std::string said(const TokenSequence& sequence) {
  return small_tokenizer()->decode(learnt(sequence));
}

}  // namespace

TEST(Examples, LearnsTheAnswersOfAllTurns) {
  const BuiltExamples built = smollm().build(chat_record(two_answers));
  ASSERT_EQ(built.rejected, "");
  ASSERT_EQ(built.examples.size(), 1u);
  const TokenSequence& sequence = built.examples[0].sequences.at(0);
  ASSERT_EQ(sequence.tokens.size(), sequence.labels.size());
  EXPECT_EQ(said(sequence), "A rose, mostly.<|im_end|>The sky at noon.<|im_end|>");
  for (size_t t = 0; t + 1 < sequence.tokens.size(); ++t)
    EXPECT_TRUE(sequence.labels[t] == no_label || sequence.labels[t] == sequence.tokens[t + 1]) << t;
  EXPECT_NE(sequence.labels.back(), no_label);

  // The prompt is cut into the very tokens that the chat asks with.
  TemplateOptions ask;
  ask.variables = golden_variables("chat_template_smollm_gguf");
  const nlohmann::ordered_json first = {{{"role", "user"}, {"content", "What is red?"}}};
  const std::string prompt = golden_template("chat_template_smollm_gguf")->render(first, ask);
  const std::vector<int32_t> asked = small_tokenizer()->encode(prompt, {false, true});
  ASSERT_LT(asked.size(), sequence.tokens.size());
  EXPECT_TRUE(std::equal(asked.begin(), asked.end(), sequence.tokens.begin()));
  EXPECT_EQ(sequence.labels[asked.size() - 2], no_label);
  EXPECT_NE(sequence.labels[asked.size() - 1], no_label);
}

TEST(Examples, LossOnOtherParts) {
  const auto on = [](LossOn part) {
    ExampleOptions options;
    options.loss_on = part;
    return said(smollm(options).build(chat_record(two_answers)).examples.at(0).sequences.at(0));
  };
  EXPECT_EQ(on(LossOn::last_answer), "The sky at noon.<|im_end|>");
  EXPECT_EQ(on(LossOn::after_prompt),
            "A rose, mostly.<|im_end|>\n<|im_start|>user\nAnd blue?<|im_end|>\n<|im_start|>assistant\n"
            "The sky at noon.<|im_end|>");
  EXPECT_TRUE(on(LossOn::all).ends_with("The sky at noon.<|im_end|>"));
  EXPECT_NE(on(LossOn::all).find("What is red?"), std::string::npos);
}

// Whatever a model's template does, what is learnt holds the answers and none of the questions.
TEST(Examples, EveryTemplatesAnswersAreFound) {
  int whole = 0, apart = 0;
  for (const auto& entry : std::filesystem::directory_iterator(golden_case(""))) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with("chat_template_")) continue;
    // One writes lengths and loops instead of what was said, one is a model's second template, only for tools.
    if (name == "chat_template_jinja_features" || name == "chat_template_hermes_tools_style") continue;
    SCOPED_TRACE(name);
    const ExampleBuilder builder(small_tokenizer(), golden_template(name), golden_variables(name), {});
    const BuiltExamples built = builder.build(chat_record(two_answers));
    ASSERT_EQ(built.rejected, "");
    std::string all;
    for (const Example& example : built.examples) all += said(example.sequences.at(0));
    EXPECT_NE(all.find("A rose, mostly."), std::string::npos) << all;
    EXPECT_NE(all.find("The sky at noon."), std::string::npos) << all;
    EXPECT_EQ(all.find("What is red?"), std::string::npos) << all;
    EXPECT_EQ(all.find("And blue?"), std::string::npos) << all;
    (built.examples.size() == 1 ? whole : apart) += 1;
  }
  EXPECT_GE(whole, 10);
  EXPECT_GE(whole + apart, 18);
}

// A template that drops what earlier turns thought: no rendering holds both answers as the model gave them.
TEST(Examples, AnswersOfRewritingTemplatesStandApart) {
  const auto dropping = ChatTemplate::parse(
      "{% for m in messages %}<|im_start|>{{ m.role }}\n"
      "{% if m.role == 'assistant' and not loop.last %}{{ m.content.split('</think>')[-1] }}"
      "{% else %}{{ m.content }}{% endif %}<|im_end|>\n{% endfor %}"
      "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}",
      "dropping");
  const ExampleBuilder builder(small_tokenizer(), dropping, nlohmann::ordered_json::object(), {});
  std::vector<Message> messages = two_answers;
  messages[1].content = "<think>hm</think>A rose.";
  const BuiltExamples built = builder.build(chat_record(messages));
  ASSERT_EQ(built.examples.size(), 2u);
  EXPECT_EQ(said(built.examples[0].sequences[0]), "<think>hm</think>A rose.<|im_end|>");
  EXPECT_EQ(said(built.examples[1].sequences[0]), "The sky at noon.<|im_end|>");
  // One that never says what was answered.
  const auto silent = ChatTemplate::parse("{% for m in messages %}{{ m.role }}{% endfor %}", "silent");
  const ExampleBuilder none(small_tokenizer(), silent, nlohmann::ordered_json::object(), {});
  EXPECT_EQ(none.build(chat_record(two_answers)).rejected,
            "the model's template does not render the answer of message 4");
}

TEST(Examples, GreetingsAnswerNothing) {
  std::vector<Message> greeted{{"assistant", "Welcome."}};
  EXPECT_EQ(smollm().build(chat_record(greeted)).rejected, "nothing is asked before its answer");
  greeted.insert(greeted.end(), two_answers.begin(), two_answers.end());
  EXPECT_EQ(said(smollm().build(chat_record(greeted)).examples.at(0).sequences.at(0)),
            "A rose, mostly.<|im_end|>The sky at noon.<|im_end|>");
}

TEST(Examples, TemplatesThatRefuseNameWhy) {
  const auto strict = ChatTemplate::parse("{{ raise_exception('no system here') }}", "strict");
  const ExampleBuilder builder(small_tokenizer(), strict, nlohmann::ordered_json::object(), {});
  EXPECT_NE(builder.build(chat_record(two_answers)).rejected.find("no system here"), std::string::npos);
}

// Tomorrow's tokens are today's.
TEST(Examples, DatesInTemplatesStandStill) {
  const auto dated = ChatTemplate::parse(
      "{{ strftime_now('%Y-%m-%d') }}{% for m in messages %}\n{{ m.role }}: {{ m.content }}{% endfor %}"
      "{% if add_generation_prompt %}\nassistant:{% endif %}",
      "dated");
  const ExampleBuilder builder(small_tokenizer(), dated, nlohmann::ordered_json::object(), {});
  const TokenSequence sequence = builder.build(chat_record(two_answers)).examples.at(0).sequences.at(0);
  EXPECT_TRUE(small_tokenizer()->decode(sequence.tokens).starts_with("2024-07-26"));
}

TEST(Examples, CompletionsAndTextWithoutTemplate) {
  ExampleOptions options;
  options.chat_template = false;
  TextRecord record;
  record.shape = RecordShape::completion;
  record.messages = {{"user", "one two "}};
  record.text = "three";
  const TokenSequence joined = smollm(options).build(record).examples.at(0).sequences.at(0);
  EXPECT_EQ(said(joined), "three<|endoftext|>");
  // As a question and its answer otherwise.
  EXPECT_EQ(said(smollm().build(record).examples.at(0).sequences.at(0)), "three<|im_end|>");

  const TokenSequence text = smollm().build(plain_record("Once upon a time.")).examples.at(0).sequences.at(0);
  const std::vector<int32_t> tokens = small_tokenizer()->encode("Once upon a time.");
  EXPECT_EQ(text.tokens, tokens);  // the end token is only a label
  EXPECT_EQ(text.labels.back(), small_tokenizer()->token_id("<|endoftext|>"));
  // Turn marks inside a text end nothing.
  EXPECT_TRUE(
      said(smollm().build(plain_record("a<|im_end|> b")).examples.at(0).sequences.at(0)).ends_with(" b<|endoftext|>"));
}

TEST(Examples, PreferencesAreTwoSequences) {
  TextRecord record;
  record.shape = RecordShape::preference;
  record.messages = {{"user", "Say it."}};
  record.text = "Gladly.";
  record.rejected = "No.";
  const BuiltExamples built = smollm().build(record);
  ASSERT_EQ(built.examples.size(), 1u);
  ASSERT_EQ(built.examples[0].sequences.size(), 2u);
  EXPECT_EQ(said(built.examples[0].sequences[0]), "Gladly.<|im_end|>");
  EXPECT_EQ(said(built.examples[0].sequences[1]), "No.<|im_end|>");
}

TEST(Examples, LongOnesAreCutDroppedOrSplit) {
  std::string words;
  for (int i = 0; i < 40; ++i) words += " word";
  const auto built = [&](Overlong overlong, const TextRecord& record) {
    ExampleOptions options;
    options.overlong = overlong;
    options.sequence = 16;
    return smollm(options).build(record);
  };
  const TextRecord text = plain_record(words);
  const int64_t whole = smollm().build(text).longest;
  ASSERT_GT(whole, 40);
  const BuiltExamples cut = built(Overlong::truncate, text);
  ASSERT_EQ(cut.examples.size(), 1u);
  EXPECT_EQ(cut.examples[0].length(), 16);
  EXPECT_EQ(cut.cut_tokens, whole - 16);
  EXPECT_EQ(cut.longest, whole);

  const BuiltExamples dropped = built(Overlong::drop, text);
  EXPECT_TRUE(dropped.examples.empty());
  EXPECT_NE(dropped.rejected.find(std::to_string(whole) + " tokens"), std::string::npos);

  // Split: no label is lost, and each part's first token is the one that the part before had to predict.
  const BuiltExamples split = built(Overlong::split, text);
  EXPECT_EQ(split.cut_tokens, 0);
  std::vector<int32_t> labels, expected = smollm().build(text).examples[0].sequences[0].labels;
  for (size_t i = 0; i < split.examples.size(); ++i) {
    const TokenSequence& part = split.examples[i].sequences[0];
    labels.insert(labels.end(), part.labels.begin(), part.labels.end());
    if (i == 0) continue;
    EXPECT_EQ(part.tokens.front(), split.examples[i - 1].sequences[0].labels.back());
  }
  EXPECT_EQ(labels, expected);

  // A question that fills the sequence leaves no answer.
  const TextRecord question = chat_record({{"user", words}, {"assistant", "Yes."}});
  EXPECT_NE(built(Overlong::truncate, question).rejected.find("behind the cut"), std::string::npos);
}
