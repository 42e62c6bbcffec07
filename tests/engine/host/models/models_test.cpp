#include "tests/engine/host/host_testing.h"

namespace diptych::host {
namespace {

using api::Json;

class ModelsTest : public HostTest {
 protected:
  Json model(const std::string& id) {
    const Reply reply = client().get("/api/models");
    for (const auto& entry : reply.json["models"]) {
      if (entry["id"] == id) return entry;
    }
    ADD_FAILURE() << "no model " << id << " in " << reply.text;
    return nullptr;
  }
};

TEST_F(ModelsTest, TheLibraryIsListedWithPredictions) {
  const Json tiny = model("tiny");
  EXPECT_EQ(tiny["name"], "Fake tiny");
  EXPECT_EQ(tiny["architecture"], "fake");
  EXPECT_EQ(tiny["state"], "available");
  EXPECT_EQ(tiny["memory_bytes"], (1 << 20) + 4096);
  EXPECT_GT(tiny["free_bytes"].get<int64_t>(), 0);
  EXPECT_EQ(tiny["context_tokens"], 4096);
  const Json broken = model("broken");
  EXPECT_EQ(broken["state"], "failed");
  EXPECT_EQ(broken["error"]["why"], "it is truncated");
  EXPECT_EQ(client().post("/api/models/load", {{"model", "broken"}}).status, 422);
  EXPECT_GE(client().get("/api/models").json["catalogue"].size(), 1u);
}

TEST_F(ModelsTest, LoadingReportsProgressAndUnloadingFrees) {
  behaviour_->load_ms = 300;
  const std::string path = folder_.path() / "models" / "tiny.gguf";
  const Reply started = client().post("/api/models/load", {{"model", path}, {"context_tokens", 512}});
  ASSERT_EQ(started.status, 202) << started.text;
  EXPECT_EQ(started.json["model"]["id"], "tiny");
  EXPECT_EQ(started.json["model"]["state"], "loading");
  const auto events = client().events("/api/jobs/" + started.json["job"].get<std::string>() + "/events",
                                      [](const api::SseEvent&) { return false; });
  double progress = 0;
  for (const auto& event : events) {
    if (event.type == "progress") progress = (*api::parse(event.data))["progress"];
  }
  EXPECT_GT(progress, 0.2);
  EXPECT_EQ(model("tiny")["state"], "loaded");
  EXPECT_EQ(model("tiny")["context_tokens"], 512);
  EXPECT_EQ(model("tiny")["memory_bytes"], 1 << 20);
  EXPECT_EQ(client().post("/api/models/load", {{"model", "tiny"}, {"context_tokens", 1024}}).status, 503);
  EXPECT_EQ(client().post("/api/tokenize-count", {{"text", "12345678"}}).json["tokens"], 2);
  EXPECT_EQ(client().post("/api/models/unload", {{"model", "tiny"}}).json["state"], "available");
  EXPECT_TRUE(eventually([&] { return behaviour_->unloads == 1; }));
  EXPECT_EQ(client().post("/api/tokenize-count", {{"text", "12345678"}}).status, 503);
}

TEST_F(ModelsTest, ALoadCanBeCancelled) {
  behaviour_->load_ms = 5000;
  const Reply started = client().post("/api/models/load", {{"model", "tiny"}});
  std::this_thread::sleep_for(std::chrono::milliseconds(30));
  EXPECT_EQ(client().post("/api/models/cancel_load", {{"model", "tiny"}}).status, 200);
  EXPECT_EQ(wait_for_job(started.json["job"])["state"], "cancelled");
  EXPECT_EQ(model("tiny")["state"], "available");
  EXPECT_TRUE(model("tiny")["error"].is_null());
}

TEST_F(ModelsTest, WhatDoesNotFitIsRefusedWithFigures) {
  stop();
  HostOptions options;
  options.memory = [] { return telemetry::SystemMemory{4'000'000'000, 3'000'000'000, 1}; };
  start(std::move(options));
  behaviour_->memory_bytes = 2'000'000'000;
  behaviour_->load_ms = 3000;
  EXPECT_EQ(client().post("/api/models/load", {{"model", "tiny"}}).status, 202);
  // The first has reserved its memory, though it has not taken it yet.
  const Reply second = client().post("/api/models/load", {{"model", "other"}});
  EXPECT_EQ(second.status, 507) << second.text;
  EXPECT_EQ(second.json["error"]["category"], "out_of_memory");
  EXPECT_NE(second.json["error"]["why"].get<std::string>().find("2.00 GB"), std::string::npos) << second.text;
  EXPECT_EQ(model("other")["state"], "available");
}

// Until it is the device's turn, others may have taken what was free.
TEST_F(ModelsTest, WhatNoLongerFitsIsNotLoaded) {
  stop();
  std::atomic<int64_t> available{3'000'000'000};
  HostOptions options;
  options.memory = [&available] { return telemetry::SystemMemory{4'000'000'000, available, 1}; };
  start(std::move(options));
  behaviour_->memory_bytes = 1'000'000'000;
  behaviour_->load_ms = 500;
  client().post("/api/models/load", {{"model", "tiny"}});
  ASSERT_TRUE(eventually([&] { return model("tiny")["load_progress"].get<double>() > 0; }));
  const Reply second = client().post("/api/models/load", {{"model", "other"}});
  ASSERT_EQ(second.status, 202) << second.text;
  available = 900'000'000;
  const Json job = wait_for_job(second.json["job"]);
  EXPECT_EQ(job["state"], "failed");
  EXPECT_EQ(job["error"]["category"], "out_of_memory") << job;
  EXPECT_EQ(behaviour_->loads, 1);
  stop();
}

TEST_F(ModelsTest, AnUnusedModelUnloadsItself) {
  load();
  EXPECT_EQ(client().post("/api/models/keep_alive", {{"model", "tiny"}, {"seconds", 1}}).json["keep_alive_s"], 1);
  EXPECT_TRUE(eventually([&] { return model("tiny")["state"] == "available"; }));
  EXPECT_TRUE(eventually([&] { return behaviour_->unloads == 1; }));
  EXPECT_EQ(client().post("/api/models/keep_alive", {{"model", "tiny"}}).status, 400);
  EXPECT_EQ(client().post("/api/models/keep_alive", {{"model", "tiny"}, {"seconds", -1}}).status, 400);
}

TEST_F(ModelsTest, AModelThatWritesDoesNotUnloadItself) {
  behaviour_->tokens = 1500;
  behaviour_->token_us = 1000;
  load();
  client().post("/api/models/keep_alive", {{"model", "tiny"}, {"seconds", 1}});
  const std::string id = new_conversation();
  EXPECT_EQ(ask(id, "long")["state"], "complete");
}

TEST_F(ModelsTest, UnloadingStopsWhatIsWritten) {
  behaviour_->tokens = 100000;
  load();
  const std::string id = new_conversation();
  const Reply sent = client().post("/api/conversations/" + id + "/messages", {{"text", "go"}});
  ASSERT_TRUE(eventually([&] { return client().get("/api/jobs?active=1").json["jobs"][0]["state"] == "running"; }));
  client().post("/api/models/unload", {{"model", "tiny"}});
  wait_for_job(sent.json["job"]);
  EXPECT_EQ(message(id, sent.json["answer"]["id"])["state"], "stopped");
}

TEST_F(ModelsTest, TheHostsEventsTellOfChanges) {
  behaviour_->load_ms = 200;
  std::vector<std::string> states;
  std::thread listener([&] {
    client().events("/api/events", [&](const api::SseEvent& event) {
      if (event.type == "model_changed") states.push_back((*api::parse(event.data))["state"]);
      return !states.empty() && states.back() == "loaded";
    });
  });
  EXPECT_TRUE(eventually([&] { return running().server().connections() == 1; }));
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  Client other(client().port());
  other.post("/api/models/load", {{"model", "tiny"}});
  listener.join();
  ASSERT_GE(states.size(), 2u);
  EXPECT_EQ(states.front(), "loading");
  EXPECT_EQ(states.back(), "loaded");
}

TEST_F(ModelsTest, UnknownModelsAreNotFound) {
  for (const char* path : {"load", "unload", "cancel_load", "get"}) {
    EXPECT_EQ(client().post(std::string("/api/models/") + path, {{"model", "nothing-of-this-name"}}).status, 404)
        << path;
    EXPECT_EQ(client().post(std::string("/api/models/") + path).status, 400) << path;
  }
}

TEST_F(ModelsTest, SettingsAreKept) {
  EXPECT_EQ(client().put("/api/settings", {{"watts", 45}, {"keep_alive_s", 300}}).status, 200);
  EXPECT_EQ(client().put("/api/settings", {{"kv", "q8"}}).status, 400);
  start();
  const Json settings = client().get("/api/settings").json;
  EXPECT_EQ(settings["watts"], 45.0);
  EXPECT_EQ(settings["keep_alive_s"], 300);
  EXPECT_EQ(settings["kv"], "f16");
  EXPECT_EQ(model("tiny")["keep_alive_s"], 300);
}

}  // namespace
}  // namespace diptych::host
