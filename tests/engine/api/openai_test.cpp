#include "engine/api/openai.h"

#include <gtest/gtest.h>

namespace diptych::api {
namespace {

CompletionRequest chat(const std::string& json) {
  return read_chat_request(*parse(json));
}

std::string refused(const std::string& json, bool is_chat = true) {
  try {
    if (is_chat) {
      chat(json);
    } else {
      read_completion_request(*parse(json));
    }
  } catch (const FieldError& error) {
    return error.field();
  }
  return "";
}

TEST(ChatRequest, DefaultsAreOpenAis) {
  const auto request = chat(R"({"messages": [{"role": "user", "content": "hi"}]})");
  EXPECT_EQ(request.sampling.temperature, 1.0);
  EXPECT_EQ(request.sampling.top_k, 0);
  EXPECT_EQ(request.sampling.min_p, 0.0);
  EXPECT_EQ(request.sampling.repeat_penalty, 1.0);
  EXPECT_FALSE(request.max_tokens.has_value());
  EXPECT_EQ(request.logprobs, -1);
  EXPECT_TRUE(request.is_chat());
}

TEST(ChatRequest, ReadsEveryParameter) {
  const auto request = chat(R"({"model": "m", "temperature": 0, "top_p": 0.5, "top_k": 3, "min_p": 0.1,
    "typical_p": 0.9, "repetition_penalty": 1.2, "presence_penalty": 0.5, "frequency_penalty": -0.5, "seed": 7,
    "stop": "END", "max_tokens": 5, "max_completion_tokens": 9, "stream": true, "stream_options": {"include_usage": true},
    "logprobs": true, "top_logprobs": 4, "logit_bias": {"15": -100}, "n": 1, "user": "ignored",
    "tools": [{"type": "function", "function": {"name": "z", "a": 1}}], "chat_template_kwargs": {"enable_thinking": false},
    "messages": [{"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]}]})");
  EXPECT_EQ(request.model, "m");
  EXPECT_EQ(request.sampling.temperature, 0.0);
  EXPECT_EQ(request.sampling.top_p, 0.5);
  EXPECT_EQ(request.sampling.top_k, 3);
  EXPECT_EQ(request.sampling.min_p, 0.1);
  EXPECT_EQ(request.sampling.typical_p, 0.9);
  EXPECT_EQ(request.sampling.repeat_penalty, 1.2);
  EXPECT_EQ(request.sampling.presence_penalty, 0.5);
  EXPECT_EQ(request.sampling.frequency_penalty, -0.5);
  EXPECT_EQ(request.sampling.seed, 7);
  EXPECT_EQ(request.stop, std::vector<std::string>{"END"});
  EXPECT_EQ(request.max_tokens, 9);
  EXPECT_TRUE(request.stream);
  EXPECT_TRUE(request.include_usage);
  EXPECT_EQ(request.logprobs, 4);
  EXPECT_EQ(request.logit_bias.at(15), -100);
  EXPECT_EQ(request.messages[0]["content"], "ab");
  EXPECT_EQ(request.tools.dump(), R"([{"type":"function","function":{"name":"z","a":1}}])");  // in the order as sent
  EXPECT_EQ(request.template_variables["enable_thinking"], false);
}

TEST(ChatRequest, RefusalsNameTheField) {
  EXPECT_EQ(refused("[]"), "the body");
  EXPECT_EQ(refused("{}"), "messages");
  EXPECT_EQ(refused(R"({"messages": []})"), "messages");
  EXPECT_EQ(refused(R"({"messages": [1]})"), "messages[0]");
  EXPECT_EQ(refused(R"({"messages": [{"content": "x"}]})"), "messages[0].role");
  EXPECT_EQ(refused(R"({"messages": [{"role": "user"}]})"), "messages[0].content");
  EXPECT_EQ(refused(R"({"messages": [{"role": "user", "content": [{"type": "image_url"}]}]})"),
            "messages[0].content[0]");
  const std::string tail = R"(, "messages": [{"role": "user", "content": "x"}]})";
  EXPECT_EQ(refused(R"({"temperature": -1)" + tail), "temperature");
  EXPECT_EQ(refused(R"({"temperature": "hot")" + tail), "temperature");
  EXPECT_EQ(refused(R"({"n": 2)" + tail), "n");
  EXPECT_EQ(refused(R"({"logit_bias": {"x": 1})" + tail), "logit_bias.x");
  EXPECT_EQ(refused(R"({"logit_bias": {"1": 101})" + tail), "logit_bias.1");
  EXPECT_EQ(refused(R"({"stop": [""])" + tail), "stop");
  EXPECT_EQ(refused(R"({"max_tokens": -1)" + tail), "max_tokens");
  EXPECT_EQ(refused(R"({"stream": 1)" + tail), "stream");
  EXPECT_EQ(refused(R"({"tools": {})" + tail), "tools");
}

TEST(CompletionRequest, PromptIsOneText) {
  const auto request = read_completion_request(*parse(R"({"prompt": ["once"], "logprobs": 2, "echo": true})"));
  EXPECT_EQ(request.prompt, "once");
  EXPECT_EQ(request.max_tokens, 16);
  EXPECT_EQ(request.logprobs, 2);
  EXPECT_TRUE(request.echo);
  EXPECT_FALSE(request.is_chat());
  EXPECT_EQ(refused("{}", false), "prompt");
  EXPECT_EQ(refused(R"({"prompt": ["a", "b"]})", false), "prompt");
  EXPECT_EQ(refused(R"({"prompt": 3})", false), "prompt");
}

}  // namespace
}  // namespace diptych::api
