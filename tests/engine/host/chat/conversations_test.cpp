#include "tests/engine/host/host_testing.h"

namespace diptych::host {
namespace {

using api::Json;

class ConversationsTest : public HostTest {
 protected:
  // Opens the stream of a conversation and puts the answer together from its events, until it ends or `enough` says so
  // after one of them.
  void read_answer(const std::string& base, std::string& text, const std::function<bool()>& enough) {
    client().events(base + "/events", [&](const api::SseEvent& e) {
      const Json data = *api::parse(e.data);
      if (e.type == "message_changed" && data["role"] == "assistant") text = data["text"];
      if (e.type == "answer_grew") text += data["text"].get<std::string>();
      return e.type == "answer_ended" || enough();
    });
  }
};

TEST_F(ConversationsTest, AnAnswerIsStreamedStoredAndMeasured) {
  load();
  const std::string id = new_conversation({{"system_prompt", "Be brief."}, {"seed", 7}});
  const std::string base = "/api/conversations/" + id;
  const std::string last = client().get(base).json["last_event"];
  const Reply sent = client().post(base + "/messages", {{"text", "Hello"}});
  ASSERT_EQ(sent.status, 201) << sent.text;
  const auto events = client().events(
      base + "/events", [](const api::SseEvent& e) { return e.type == "answer_ended"; }, last);
  std::string text;
  for (const auto& event : events) {
    if (event.type == "answer_grew") text += (*api::parse(event.data))["text"].get<std::string>();
  }
  EXPECT_EQ(text, fake_text(0, 20));
  const Json ended = (*api::parse(events.back().data))["message"];
  EXPECT_EQ(ended["text"], text);
  EXPECT_EQ(ended["state"], "complete");
  EXPECT_EQ(ended["finish_reason"], "stop");
  EXPECT_EQ(ended["model"], "tiny");
  EXPECT_EQ(ended["settings"]["seed"], 7);
  EXPECT_EQ(ended["metrics"]["completion_tokens"], 20);
  EXPECT_GT(ended["metrics"]["tokens_per_s"].get<double>(), 0);
  EXPECT_GT(ended["metrics"]["ttft_ms"].get<double>(), 0);
  EXPECT_GT(ended["metrics"]["bandwidth_gb_s"].get<double>(), 0);
  const Json whole = client().get(base).json;
  ASSERT_EQ(whole["messages"].size(), 2u);
  EXPECT_EQ(whole["messages"][1]["text"], text);
  EXPECT_EQ(whole["leaf"], sent.json["answer"]["id"]);
  EXPECT_EQ(behaviour_->seen.at(0).dump(),
            R"([{"role":"system","content":"Be brief."},{"role":"user","content":"Hello"}])");
  // The automatic title comes after the first answer, and only then.
  EXPECT_TRUE(eventually([&] { return client().get(base).json["title"] == "About Hello"; }));
}

TEST_F(ConversationsTest, BranchesHoldOnlyTheirOwnMessages) {
  load();
  const std::string id = new_conversation();
  const Json first = ask(id, "one");
  const Json second = ask(id, "two", first["id"]);
  const Json other = ask(id, "three", first["id"]);
  EXPECT_EQ(behaviour_->seen.at(2).size(), 3u);
  EXPECT_EQ(behaviour_->seen.at(2)[2]["content"], "three");
  const Reply again = client().post("/api/conversations/" + id + "/answer", {{"parent", second["parent"]}});
  ASSERT_EQ(again.status, 201) << again.text;
  wait_for_job(again.json["job"]);
  EXPECT_EQ(behaviour_->seen.at(3)[2]["content"], "two");
  EXPECT_EQ(client().get("/api/conversations/" + id).json["messages"].size(), 7u);
  EXPECT_EQ(client().post("/api/conversations/" + id + "/answer", {{"parent", other["id"]}}).status, 400);
  EXPECT_EQ(client().post("/api/conversations/" + id + "/messages", {{"text", "x"}, {"parent", "none"}}).status, 404);
}

TEST_F(ConversationsTest, StopKeepsWhatIsWrittenAndContinueGoesOn) {
  behaviour_->tokens = 400;
  behaviour_->hold_at = 100;
  load();
  const std::string id = new_conversation();
  const std::string base = "/api/conversations/" + id;
  const Reply sent = client().post(base + "/messages", {{"text", "go"}});
  ASSERT_EQ(sent.status, 201);
  std::string seen;
  read_answer(base, seen, [&] { return seen.size() > 20; });
  EXPECT_EQ(client().post(base + "/continue", {{"message", sent.json["answer"]["id"]}}).status, 400);
  EXPECT_TRUE(client().get("/api/conversations").json["conversations"][0]["writing"].get<bool>());
  EXPECT_EQ(client().post(base + "/stop").json["stopped"], 1);
  wait_for_job(sent.json["job"]);
  const Json stopped = message(id, sent.json["answer"]["id"]);
  EXPECT_EQ(stopped["state"], "stopped");
  const std::string part = stopped["text"];
  EXPECT_FALSE(part.empty());
  EXPECT_LT(part.size(), fake_text(0, 400).size());
  behaviour_->hold_at = -1;
  const Reply continued = client().post(base + "/continue", {{"message", stopped["id"]}});
  ASSERT_EQ(continued.status, 200) << continued.text;
  EXPECT_EQ(continued.json["answer"]["id"], stopped["id"]);
  wait_for_job(continued.json["job"]);
  const Json whole = message(id, stopped["id"]);
  EXPECT_EQ(whole["state"], "complete");
  EXPECT_EQ(whole["text"], fake_text(0, 400));
}

TEST_F(ConversationsTest, ReconnectingGetsExactlyWhatWasMissed) {
  behaviour_->tokens = 300;
  behaviour_->token_us = 1000;
  load();
  const std::string id = new_conversation();
  const std::string base = "/api/conversations/" + id;
  std::string last = client().get(base).json["last_event"];
  client().post(base + "/messages", {{"text", "go"}});
  std::string text;
  bool ended = false;
  int connections = 0;
  while (!ended && connections < 1000) {
    ++connections;
    int seen = 0;
    const auto events = client().events(
        base + "/events", [&](const api::SseEvent& e) { return ++seen == 2 || e.type == "answer_ended"; }, last);
    ASSERT_FALSE(events.empty());
    for (const auto& event : events) {
      ASSERT_NE(event.type, "reset");
      if (event.type == "answer_grew") text += (*api::parse(event.data))["text"].get<std::string>();
      ended = ended || event.type == "answer_ended";
      last = event.id;
    }
  }
  EXPECT_GT(connections, 3);
  EXPECT_EQ(text, fake_text(0, 300));
  // An id of another run cannot be resumed.
  const auto reset = client().events(
      base + "/events", [](const api::SseEvent&) { return true; }, "ffffffff-3");
  ASSERT_FALSE(reset.empty());
  EXPECT_EQ(reset[0].type, "reset");
}

TEST_F(ConversationsTest, AStreamThatStartsInTheMiddleHasTheTextSoFar) {
  behaviour_->tokens = 200;
  behaviour_->hold_at = 100;
  load();
  const std::string id = new_conversation();
  const std::string base = "/api/conversations/" + id;
  const Reply sent = client().post(base + "/messages", {{"text", "go"}});
  ASSERT_EQ(sent.status, 201);
  ASSERT_TRUE(eventually([&] { return !message(id, sent.json["answer"]["id"])["text"].get<std::string>().empty(); }));
  std::string text, first;
  read_answer(base, text, [&] {
    if (first.empty()) {
      first = text;
      behaviour_->hold_at = -1;
    }
    return false;
  });
  EXPECT_FALSE(first.empty());
  EXPECT_LT(first.size(), fake_text(0, 200).size());
  EXPECT_EQ(text, fake_text(0, 200));
}

TEST_F(ConversationsTest, ThinkingIsKeptApart) {
  behaviour_->thinking_tokens = 3;
  load();
  const std::string id = new_conversation();
  const Json answer = ask(id, "why");
  EXPECT_EQ(answer["thinking"], " h0 h1 h2");
  EXPECT_EQ(answer["text"], fake_text(0, 20));
}

TEST_F(ConversationsTest, PatchChangesOnlyWhatItNames) {
  const std::string id = new_conversation({{"temperature", 0.1}});
  const std::string base = "/api/conversations/" + id;
  EXPECT_EQ(client().patch(base, {{"draft", "half a thought"}}).status, 200);
  EXPECT_EQ(client().patch(base, {{"title", "Mine"}}).json["title"], "Mine");
  EXPECT_EQ(client().patch(base, {{"leaf", "nobody"}}).status, 404);
  const Reply bad = client().patch(base, {{"settings", {{"top_p", 3}}}});
  EXPECT_EQ(bad.status, 400);
  EXPECT_EQ(bad.json["error"]["thing"], "top_p");
  const Json whole = client().get(base).json;
  EXPECT_EQ(whole["draft"], "half a thought");
  EXPECT_EQ(whole["title"], "Mine");
  EXPECT_EQ(whole["settings"]["temperature"], 0.1);
  // Deletion is soft.
  client().patch(base, {{"deleted", true}});
  EXPECT_EQ(client().get("/api/conversations").json["conversations"].size(), 0u);
  EXPECT_EQ(client().get("/api/conversations?deleted=1").json["conversations"].size(), 1u);
  client().patch(base, {{"deleted", false}});
  EXPECT_EQ(client().get("/api/conversations").json["conversations"].size(), 1u);
  EXPECT_EQ(client().get("/api/conversations/nobody").status, 404);
}

TEST_F(ConversationsTest, AUsersTitleIsNotReplaced) {
  load();
  const std::string id = new_conversation();
  client().patch("/api/conversations/" + id, {{"title", "Mine"}});
  ask(id, "hello");
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  EXPECT_EQ(client().get("/api/conversations/" + id).json["title"], "Mine");
}

TEST_F(ConversationsTest, SearchFindsTitlesAndMessages) {
  load();
  const std::string first = new_conversation(), second = new_conversation();
  client().patch("/api/conversations/" + first, {{"title", "Über Äpfel"}});
  const Json answer = ask(second, "where do \"quoted\" pears grow");
  const auto found = [&](const std::string& query) {
    return client().get("/api/conversations?q=" + httplib::detail::encode_query_param(query)).json["conversations"];
  };
  EXPECT_EQ(found("apfel")[0]["id"], first);
  EXPECT_EQ(found("PEARS grow")[0]["id"], second);
  EXPECT_EQ(found("pea")[0]["id"], second);                           // the last word may be a beginning
  EXPECT_TRUE(eventually([&] { return found("t19").size() == 1; }));  // of the answer, once the journal has its end
  EXPECT_EQ(found("t19")[0]["id"], second);
  EXPECT_EQ(found("pea where").size(), 0u);  // a word before the last must be whole
  EXPECT_EQ(found("\"quoted\" OR (NEAR -").size(), 0u);
  EXPECT_EQ(found("quoted\"*").size(), 1u);
  EXPECT_EQ(found("\"\"").size(), 0u);
  EXPECT_NE(found("pears")[0]["snippet"].get<std::string>().find("\u2068pears\u2069"), std::string::npos);
  client().patch("/api/conversations/" + second + "/messages/" + answer["parent"].get<std::string>(),
                 {{"deleted", true}});
  EXPECT_EQ(found("pears").size(), 0u);
}

TEST_F(ConversationsTest, DeletedMessagesAreNotReadByTheModel) {
  load();
  const std::string id = new_conversation();
  const Json first = ask(id, "one");
  const std::string path = "/api/conversations/" + id + "/messages/" + first["id"].get<std::string>();
  EXPECT_TRUE(client().patch(path, {{"deleted", true}}).json["deleted_ms"].is_number());
  EXPECT_TRUE(client().patch(path, {{"deleted", false}}).json["deleted_ms"].is_null());
  client().patch(path, {{"deleted", true}});
  ask(id, "two", first["id"]);
  EXPECT_EQ(behaviour_->seen.back().size(), 2u);
}

TEST_F(ConversationsTest, AFailureIsToldAndKept) {
  load();
  behaviour_->fails = true;
  const std::string id = new_conversation();
  const Json answer = ask(id, "one");
  EXPECT_EQ(answer["state"], "failed");
  EXPECT_EQ(answer["error"]["why"], "it was told to fail");
  behaviour_->fails = false;
  const Reply again = client().post("/api/conversations/" + id + "/continue", {{"message", answer["id"]}});
  ASSERT_EQ(again.status, 200) << again.text;
  wait_for_job(again.json["job"]);
  EXPECT_EQ(message(id, answer["id"])["text"], fake_text(0, 20));
}

TEST_F(ConversationsTest, WithoutAModelNothingIsLostAndTheReasonIsTold) {
  const std::string id = new_conversation();
  const Reply refused = client().post("/api/conversations/" + id + "/messages", {{"text", "hello"}});
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.json["error"]["to_do"], "load one, then ask again");
  EXPECT_EQ(client().get("/api/conversations/" + id).json["messages"].size(), 0u);
  // A model that is named is loaded first.
  const Reply sent = client().post("/api/conversations/" + id + "/messages", {{"text", "hello"}, {"model", "other"}});
  ASSERT_EQ(sent.status, 201) << sent.text;
  wait_for_job(sent.json["job"]);
  EXPECT_EQ(message(id, sent.json["answer"]["id"])["state"], "complete");
}

TEST_F(ConversationsTest, AnOrderlyEndKeepsAnswersAsInterrupted) {
  behaviour_->tokens = 10000;
  behaviour_->hold_at = 100;
  load();
  const std::string id = new_conversation();
  const Reply sent = client().post("/api/conversations/" + id + "/messages", {{"text", "go"}});
  ASSERT_TRUE(eventually([&] { return message(id, sent.json["answer"]["id"])["text"].get<std::string>().size() > 6; }));
  start();
  const Json answer = message(id, sent.json["answer"]["id"]);
  EXPECT_EQ(answer["state"], "interrupted");
  EXPECT_TRUE(answer["text"].get<std::string>().starts_with(" t0 t1"));
  EXPECT_EQ(client().get("/api/jobs/" + sent.json["job"].get<std::string>()).json["state"], "interrupted");
}

TEST_F(ConversationsTest, AFullDiskDoesNotEndTheAnswer) {
  stop();
  HostOptions options;
  options.max_pages = 60;
  start(std::move(options));
  load();
  behaviour_->tokens = 60000;
  behaviour_->token_us = 1;
  const std::string id = new_conversation();
  const std::string base = "/api/conversations/" + id;
  const std::string last = client().get(base).json["last_event"];
  const Reply sent = client().post(base + "/messages", {{"text", "go"}});
  ASSERT_EQ(sent.status, 201) << sent.text;
  bool warned = false, ended = false;
  std::string text;
  client().events(
      base + "/events",
      [&](const api::SseEvent& e) {
        warned = warned || e.type == "warning";
        if (e.type == "answer_ended") {
          ended = true;
          text = (*api::parse(e.data))["message"]["text"];
        }
        return warned && ended;
      },
      last);
  EXPECT_TRUE(warned);
  ASSERT_TRUE(ended);
  EXPECT_EQ(text, fake_text(0, 60000));
  EXPECT_EQ(client().get(base).json["messages"][1]["text"], text);  // readers have the whole of it
  const Reply refused = client().post(base + "/messages", {{"text", std::string(100000, 'x')}});
  EXPECT_EQ(refused.status, 500);
  EXPECT_EQ(refused.json["error"]["why"], "the disk is full");
  // With room again nothing earlier is lost.
  start();
  const Json after = client().get(base).json;
  ASSERT_EQ(after["messages"].size(), 2u);
  EXPECT_EQ(after["messages"][0]["text"], "go");
}

}  // namespace
}  // namespace diptych::host
