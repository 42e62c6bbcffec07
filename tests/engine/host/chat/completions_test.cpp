#include "tests/engine/host/host_testing.h"

namespace diptych::host {
namespace {

using api::Json;

const Json hello = Json::array({{{"role", "user"}, {"content", "hello"}}});

class CompletionsTest : public HostTest {
 protected:
  // The data of a streamed answer's events, "[DONE]" included.
  std::vector<std::string> stream(const std::string& path, const Json& body) {
    httplib::Client own("127.0.0.1", client().port());
    own.set_read_timeout(20);
    httplib::Request request;
    request.method = "POST";
    request.path = path;
    request.headers = client().headers();
    request.headers.emplace("Accept-Encoding", "gzip");
    request.body = body.dump();
    api::SseParser parser;
    std::vector<std::string> data;
    request.content_receiver = [&](const char* bytes, size_t size, uint64_t, uint64_t) {
      for (const auto& event : parser.feed({bytes, size})) data.push_back(event.data);
      return true;
    };
    own.send(request);
    return data;
  }
};

TEST_F(CompletionsTest, ChatAnswersAsOpenAiDoes) {
  load();
  const Reply reply = client().post("/v1/chat/completions", {{"model", "tiny"}, {"messages", hello}, {"seed", 1}});
  ASSERT_EQ(reply.status, 200) << reply.text;
  EXPECT_EQ(reply.json["object"], "chat.completion");
  EXPECT_EQ(reply.json["model"], "tiny");
  EXPECT_EQ(reply.json["choices"][0]["message"]["role"], "assistant");
  EXPECT_EQ(reply.json["choices"][0]["message"]["content"], fake_text(0, 20));
  EXPECT_EQ(reply.json["choices"][0]["finish_reason"], "stop");
  EXPECT_EQ(reply.json["usage"]["completion_tokens"], 20);
  EXPECT_EQ(reply.json["usage"]["total_tokens"].get<int>(), reply.json["usage"]["prompt_tokens"].get<int>() + 20);
  EXPECT_GT(reply.json["timings"]["tokens_per_s"].get<double>(), 0);
}

TEST_F(CompletionsTest, StreamedChunksAddUpAndEndWithDone) {
  load();
  behaviour_->thinking_tokens = 2;
  const auto data = stream("/v1/chat/completions", {{"messages", hello},
                                                    {"stream", true},
                                                    {"stream_options", {{"include_usage", true}}},
                                                    {"logprobs", true},
                                                    {"top_logprobs", 1}});
  ASSERT_GE(data.size(), 4u);
  EXPECT_EQ(data.back(), "[DONE]");
  std::string text, thinking, reason;
  size_t scores = 0;
  for (size_t i = 0; i + 2 < data.size(); ++i) {
    const Json chunk = *api::parse(data[i]);
    EXPECT_EQ(chunk["object"], "chat.completion.chunk");
    EXPECT_TRUE(chunk["usage"].is_null());
    const Json& choice = chunk["choices"][0];
    if (i == 0) {
      EXPECT_EQ(choice["delta"]["role"], "assistant");
    }
    text += choice["delta"].value("content", "");
    thinking += choice["delta"].value("reasoning_content", "");
    scores += choice["logprobs"]["content"].size();
    if (choice["finish_reason"].is_string()) reason = choice["finish_reason"];
  }
  EXPECT_EQ(text, fake_text(0, 20));
  EXPECT_EQ(thinking, " h0 h1");
  EXPECT_EQ(reason, "stop");
  EXPECT_EQ(scores, 22u);
  const Json usage = *api::parse(data[data.size() - 2]);
  EXPECT_EQ(usage["choices"].size(), 0u);
  EXPECT_EQ(usage["usage"]["completion_tokens"], 22);
}

TEST_F(CompletionsTest, PlainCompletionsTakeAPrompt) {
  load();
  const Reply reply =
      client().post("/v1/completions", {{"prompt", "Once"}, {"max_tokens", 3}, {"echo", true}, {"logprobs", 1}});
  ASSERT_EQ(reply.status, 200) << reply.text;
  EXPECT_EQ(reply.json["object"], "text_completion");
  EXPECT_EQ(reply.json["choices"][0]["text"], "Once" + fake_text(0, 3));
  EXPECT_EQ(reply.json["choices"][0]["finish_reason"], "length");
  EXPECT_EQ(reply.json["choices"][0]["logprobs"]["tokens"].size(), 3u);
  EXPECT_EQ(reply.json["choices"][0]["logprobs"]["text_offset"][0], 4);
  const auto data = stream("/v1/completions", {{"prompt", "Once"}, {"max_tokens", 5}, {"stream", true}});
  std::string text;
  for (size_t i = 0; i + 1 < data.size(); ++i) {
    text += (*api::parse(data[i]))["choices"][0]["text"].get<std::string>();
  }
  EXPECT_EQ(text, fake_text(0, 5));
  EXPECT_EQ(client().post("/v1/completions", {{"prompt", "x"}, {"max_tokens", 0}}).json["choices"][0]["text"], "");
}

TEST_F(CompletionsTest, FailuresAreReportedBeforeAndInsideAStream) {
  EXPECT_EQ(client().post("/v1/chat/completions", {{"messages", hello}}).status, 503);
  EXPECT_EQ(client().post("/v1/chat/completions", {{"messages", hello}, {"model", "gpt-none"}}).status, 404);
  load();
  behaviour_->fails = true;
  const Reply failed = client().post("/v1/chat/completions", {{"messages", hello}});
  EXPECT_EQ(failed.status, 422);
  EXPECT_EQ(failed.json["error"]["why"], "it was told to fail");
  const auto data = stream("/v1/chat/completions", {{"messages", hello}, {"stream", true}});
  ASSERT_EQ(data.size(), 2u);
  EXPECT_EQ((*api::parse(data[0]))["error"]["category"], "unsupported");
  EXPECT_EQ(client().post("/v1/chat/completions", {{"messages", hello}, {"temperature", -1}}).json["error"]["thing"],
            "temperature");
}

TEST_F(CompletionsTest, AClientThatGoesAwayStopsItsAnswer) {
  load();
  behaviour_->tokens = 100000;
  behaviour_->token_us = 1000;
  {
    httplib::Client own("127.0.0.1", client().port());
    httplib::Request request;
    request.method = "POST";
    request.path = "/v1/chat/completions";
    request.headers = client().headers();
    request.body = Json{{"messages", hello}, {"stream", true}}.dump();
    int pieces = 0;
    request.content_receiver = [&](const char*, size_t, uint64_t, uint64_t) { return ++pieces < 5; };
    own.send(request);
  }
  EXPECT_TRUE(eventually([&] { return client().get("/api/jobs?active=1").json["jobs"].empty(); }));
  EXPECT_EQ(client().get("/api/jobs?limit=1").json["jobs"][0]["state"], "cancelled");
}

TEST_F(CompletionsTest, ModelsAreListed) {
  const Reply reply = client().get("/v1/models");
  ASSERT_EQ(reply.json["data"].size(), 2u) << reply.text;  // without the broken one
  EXPECT_EQ(reply.json["data"][0]["object"], "model");
}

}  // namespace
}  // namespace diptych::host
