// The whole path on the real small model: what a user sees of prefix reuse, continuing, stopping and full contexts.
#include "engine/llm/chat_model.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "engine/core/error.h"
#include "models/registry.h"

namespace diptych {
namespace {

namespace fs = std::filesystem;

class ChatModelTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    const char* folder = std::getenv("DIPTYCH_MODELS");
    path_ = fs::path(folder == nullptr ? "" : folder) / "SmolLM2-135M-Instruct.Q4_1.gguf";
    models::register_all(registry_);
  }
  void SetUp() override { ASSERT_TRUE(fs::exists(path_)) << "run 'diptych models get smollm2-135m-instruct'"; }

  static std::unique_ptr<ChatModel> load(int64_t context_tokens = 1024) {
    return ChatModel::load(registry_, path_,
                           {.context_tokens = context_tokens, .kv = DType::f16, .threads = 2, .load = {}});
  }
  static ChatRequest ask(Messages messages, int64_t max_tokens) {
    ChatRequest request;
    request.conversation.messages = std::move(messages);
    request.sampler.temperature = 0;
    request.max_tokens = max_tokens;
    return request;
  }
  static nlohmann::ordered_json user(const std::string& text) { return {{"role", "user"}, {"content", text}}; }
  static nlohmann::ordered_json assistant(const std::string& text) {
    return {{"role", "assistant"}, {"content", text}};
  }
  static ChatResult answer(ChatModel& model, const ChatRequest& request, std::string& text) {
    text.clear();
    return model.answer(request, [&](const ChatPiece& piece) { text += piece.text; });
  }

  static inline fs::path path_;
  static inline ModelRegistry registry_;
};

TEST_F(ChatModelTest, AnswersAndASecondTurnEvaluatesOnlyWhatIsNew) {
  const auto model = load();
  std::string first, second, fresh;
  const ChatResult one = answer(*model, ask({user("Name the capital of France.")}, 40), first);
  EXPECT_NE(first.find("Paris"), std::string::npos) << first;
  EXPECT_EQ(one.reason, FinishReason::stop);
  EXPECT_EQ(one.cached_tokens, 0);
  const Messages turns{user("Name the capital of France."), assistant(first), user("And of Italy?")};
  const ChatResult two = answer(*model, ask(turns, 40), second);
  EXPECT_GE(two.cached_tokens, one.prompt_tokens + one.generated_tokens - 2);
  EXPECT_LT(two.cached_tokens, two.prompt_tokens);
  answer(*load(), ask(turns, 40), fresh);
  EXPECT_EQ(second, fresh) << "reuse must change nothing";
}

TEST_F(ChatModelTest, AStoppedAnswerGoesOnAsIfItHadNotStopped) {
  const auto model = load();
  std::string whole, part, rest;
  const Messages question{user("Tell me a long story about a lighthouse.")};
  answer(*model, ask(question, 60), whole);
  ASSERT_EQ(answer(*model, ask(question, 25), part).reason, FinishReason::length);
  ASSERT_TRUE(whole.starts_with(part));
  ChatRequest more = ask({question[0], assistant(part)}, 35);
  more.conversation.continue_last = true;
  answer(*model, more, rest);
  EXPECT_EQ(part + rest, whole);
}

TEST_F(ChatModelTest, StopStringsEndTheAnswerAndAreNotInIt) {
  const auto model = load();
  std::string whole, cut;
  answer(*model, ask({user("Count from one to ten in words.")}, 60), whole);
  const size_t at = whole.find(' ', whole.size() / 2);
  ASSERT_NE(at, std::string::npos);
  const std::string stop = whole.substr(at, 5);
  ChatRequest request = ask({user("Count from one to ten in words.")}, 60);
  request.stop = {stop};
  EXPECT_EQ(answer(*model, request, cut).reason, FinishReason::stop);
  EXPECT_EQ(cut, whole.substr(0, whole.find(stop)));
}

TEST_F(ChatModelTest, AFullContextIsNeverCutSilently) {
  const auto model = load(192);
  Messages turns;
  for (int i = 0; i < 8; ++i) {
    turns.push_back(user("Question " + std::to_string(i) + ": tell me about the number " + std::to_string(i) + "."));
    turns.push_back(assistant("The number " + std::to_string(i) + " is a fine number with many properties."));
  }
  turns.push_back(user("Which number did we talk about last?"));
  std::string text;
  EXPECT_THROW(answer(*model, ask(turns, 20), text), Error);
  ChatRequest request = ask(turns, 20);
  request.context_policy = ContextPolicy::drop_oldest;
  ChatResult result = answer(*model, request, text);
  EXPECT_GT(result.dropped_turns, 0);
  EXPECT_FALSE(text.empty());
  request.context_policy = ContextPolicy::summarise;
  result = answer(*model, request, text);
  EXPECT_GT(result.dropped_turns, 0);
  EXPECT_FALSE(text.empty());
  // An answer that outgrows the context says so, or goes on behind a cut.
  ChatRequest story = ask({turns[0], turns[1], user("Tell me a very long story about a lighthouse.")}, 300);
  for (const char* end : {"<|im_end|>", "<|endoftext|>"}) {
    const auto id = model->tokenizer().token_id(end);
    ASSERT_TRUE(id);
    story.sampler.logit_bias[*id] = -1e6;  // the story never ends by itself
  }
  EXPECT_EQ(answer(*model, story, text).reason, FinishReason::context);
  story.context_policy = ContextPolicy::drop_oldest;
  result = answer(*model, story, text);
  EXPECT_EQ(result.dropped_turns, 1);
}

TEST_F(ChatModelTest, PlainPromptsAreGoneOnWith) {
  const auto model = load();
  ChatRequest request;
  request.prompt = "The capital of France is";
  request.sampler.temperature = 0;
  request.max_tokens = 6;
  std::string text;
  answer(*model, request, text);
  EXPECT_TRUE(text.starts_with(" Paris")) << text;
}

TEST_F(ChatModelTest, ScoresAreLogProbabilitiesOfTheAnswersTokens) {
  const auto model = load();
  ChatRequest request = ask({user("Name the capital of France.")}, 5);
  request.logprobs = 3;
  int64_t scored = 0;
  model->answer(request, [&](const ChatPiece& piece) {
    for (const auto& scores : piece.scores) {
      ++scored;
      ASSERT_EQ(scores.top.size(), 3u);
      EXPECT_EQ(scores.chosen.id, scores.top[0].id);  // greedy
      EXPECT_DOUBLE_EQ(scores.chosen.logprob, scores.top[0].logprob);
      EXPECT_LE(scores.chosen.logprob, 0);
      EXPECT_GE(scores.top[0].logprob, scores.top[1].logprob);
    }
  });
  EXPECT_EQ(scored, 5);
}

TEST_F(ChatModelTest, TitlesAreShort) {
  const auto model = load();
  const std::string title = model->title("How do I bake bread without yeast?", "Use baking soda and buttermilk.", {});
  EXPECT_FALSE(title.empty());
  EXPECT_LE(title.size(), 64u);
  EXPECT_EQ(title.find('\n'), std::string::npos);
}

}  // namespace
}  // namespace diptych
