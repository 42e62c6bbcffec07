// Training runs in a real host, with the engine's own code and a tiny model.
#include "tests/engine/host/training/training_host_testing.h"

namespace diptych::host {
namespace {

using TrainingRunsTest = TrainingHostTest;

std::vector<api::Json> data_of(const std::vector<api::SseEvent>& events, const std::string& type) {
  std::vector<api::Json> data;
  for (const api::SseEvent& event : events) {
    if (event.type == type) data.push_back(*api::parse(event.data));
  }
  return data;
}

TEST_F(TrainingRunsTest, TellsEveryStepAndLeavesAnAdapter) {
  const api::Json begun =
      begin(recipe({{"sample_prompts", {"say w1"}}, {"sample_every", 20}, {"validation", 0.2}, {"validate_every", 20}}),
            "Words");
  EXPECT_EQ(begun["name"], "Words");
  EXPECT_EQ(begun["base"], "small");
  const auto events = events_of(begun);
  const auto steps = data_of(events, "step");
  ASSERT_EQ(steps.size(), 40u);
  for (size_t i = 0; i < steps.size(); ++i) {
    EXPECT_EQ(steps[i]["step"], i + 1);
    EXPECT_EQ(steps[i]["steps"], 40);
    EXPECT_GT(steps[i]["loss"], 0);
    EXPECT_GT(steps[i]["grad_norm"], 0);
    EXPECT_GT(steps[i]["tokens_per_s"], 0);
    // What was predicted before is what it takes, within 3 %.
    const double predicted = steps[i]["predicted_memory_bytes"], taken = steps[i]["memory_bytes"];
    EXPECT_LE(taken, predicted * 1.001);
  }
  const double peak = steps.back()["memory_bytes"], predicted = steps.back()["predicted_memory_bytes"];
  EXPECT_NEAR(peak, predicted, 0.03 * predicted);
  EXPECT_TRUE(steps[19]["validation_loss"].is_number());
  EXPECT_TRUE(steps[20]["validation_loss"].is_null());
  EXPECT_LT(steps.back()["loss"].get<double>(), steps.front()["loss"].get<double>());
  EXPECT_EQ(data_of(events, "checkpoint").size(), 4u);
  const auto samples = data_of(events, "sample");
  ASSERT_EQ(samples.size(), 2u);
  EXPECT_EQ(samples[0]["prompt"], "say w1");
  // The stream can be taken up at any event, also when it is over.
  const auto later = events_of(begun, events[10].id);
  ASSERT_FALSE(later.empty());
  EXPECT_EQ(later.front().id, events[11].id);
  EXPECT_EQ(later.size(), events.size() - 11);

  const api::Json run = this->run(begun["id"]);
  EXPECT_EQ(run["state"], "finished");
  EXPECT_EQ(run["step"], 40);
  ASSERT_GE(run["results"].size(), 5u);
  EXPECT_EQ(run["results"][0]["is_final"], true);
  EXPECT_TRUE(std::filesystem::exists(run["results"][0]["path"].get<std::string>() + "/adapter_model.safetensors"));
  EXPECT_EQ(client().get("/api/jobs/" + run["job"].get<std::string>()).json["state"], "done");
  const std::string path = "/api/training/runs/" + run["id"].get<std::string>();
  EXPECT_EQ(client().get(path + "/metrics").json["steps"].size(), 40u);
  EXPECT_EQ(client().get(path + "/metrics?after=30").json["steps"][0]["step"], 31);
  const api::Json kept = client().get(path + "/samples").json["samples"];
  ASSERT_EQ(kept.size(), 3u);  // the baseline too
  EXPECT_EQ(kept[0]["step"], 0);
  EXPECT_EQ(kept[2]["baseline_text"], kept[0]["text"]);
  EXPECT_EQ(client().get("/api/training/results").json["results"].size(), run["results"].size());
}

TEST_F(TrainingRunsTest, APausedRunGoesOnBitForBit) {
  const api::Json straight = finished(
      begin(recipe({{"output", (folder() / "straight").string()}, {"steps", 400}, {"checkpoint_every", 100}})));
  ASSERT_EQ(straight["state"], "finished");
  const api::Json begun =
      begin(recipe({{"output", (folder() / "paused").string()}, {"steps", 400}, {"checkpoint_every", 100}}));
  wait_for_step(begun, 25);
  ask(begun["id"], "pause");
  const api::Json paused = finished(begun);
  ASSERT_EQ(paused["state"], "paused");
  EXPECT_GE(paused["step"], 25);
  EXPECT_LT(paused["step"], 400);
  EXPECT_EQ(paused["checkpoint_step"], paused["step"]);
  EXPECT_FALSE(std::filesystem::exists(folder() / "paused/adapter_model.safetensors"));
  // Its memory is free.

  EXPECT_TRUE(eventually([&] {
    const api::Json samples = client().get("/api/telemetry/history?seconds=5").json["samples"];
    if (samples.empty()) return false;
    for (const api::Json& owner : samples.back()["devices"][0]["owners"]) {
      if (owner["bytes"] != 0.0) return false;
    }
    return true;
  }));
  const api::Json resumed = ask(begun["id"], "resume", 202);
  EXPECT_NE(resumed["job"], begun["job"]);
  const api::Json done = finished(resumed);
  ASSERT_EQ(done["state"], "finished") << done;
  EXPECT_EQ(file_text(folder() / "straight/adapter_model.safetensors"),
            file_text(folder() / "paused/adapter_model.safetensors"));
  EXPECT_EQ(client().get("/api/training/runs/" + done["id"].get<std::string>() + "/metrics").json["steps"].size(),
            400u);
  // It is over: nothing to resume.
  EXPECT_EQ(client().post("/api/training/runs/" + done["id"].get<std::string>() + "/resume").status, 503);
}

TEST_F(TrainingRunsTest, AStoppedRunKeepsWhatItLearnt) {
  const api::Json begun = begin(recipe({{"steps", 100000}, {"sample_prompts", {"say w1"}}, {"checkpoint_every", 0}}));
  wait_for_step(begun, 3);
  ask(begun["id"], "save");
  ask(begun["id"], "sample");
  client().events("/api/jobs/" + begun["job"].get<std::string>() + "/events",
                  [](const api::SseEvent& event) { return event.type == "sample"; });
  ask(begun["id"], "stop");
  const auto events = events_of(begun);
  EXPECT_EQ(data_of(events, "sample").size(), 1u);
  // The one that was asked for, and the last where that was an earlier step: the recipe has none of its own.
  EXPECT_GE(data_of(events, "checkpoint").size(), 1u);
  const api::Json run = this->run(begun["id"]);
  EXPECT_EQ(run["state"], "stopped");
  ASSERT_FALSE(run["results"].empty());
  EXPECT_EQ(run["results"][0]["is_final"], true);
  EXPECT_EQ(client().get("/api/jobs/" + run["job"].get<std::string>()).json["state"], "cancelled");
}

TEST_F(TrainingRunsTest, RunsWaitForEachOther) {
  const api::Json first = begin(recipe({{"steps", 100000}}));
  const api::Json second = begin(recipe({{"steps", 5}}));
  const api::Json third = begin(recipe({{"steps", 5}}));
  wait_for_step(first, 1);
  EXPECT_EQ(run(second["id"])["state"], "queued");
  EXPECT_EQ(ask(third["id"], "pause")["state"], "paused");
  EXPECT_EQ(client().post("/api/training/runs/" + second["id"].get<std::string>() + "/sample").status, 503);
  ask(first["id"], "stop");
  EXPECT_EQ(finished(second)["state"], "finished");
  EXPECT_EQ(run(third["id"])["state"], "paused");
  EXPECT_EQ(client().get("/api/training/runs").json["runs"].size(), 3u);
}

TEST_F(TrainingRunsTest, AnAnswerDoesNotWaitForTheRun) {
  const Reply loading = client().post("/api/models/load", {{"model", "small"}, {"context_tokens", 128}});
  ASSERT_EQ(loading.status, 202) << loading.text;
  wait_for_job(loading.json["job"]);
  const api::Json begun = begin(recipe({{"steps", 1000000}}));
  wait_for_step(begun, 2);
  const Reply answer =
      client().post("/v1/chat/completions",
                    {{"model", "small"}, {"messages", {{{"role", "user"}, {"content", "hello"}}}}, {"max_tokens", 3}});
  EXPECT_EQ(answer.status, 200) << answer.text;
  EXPECT_EQ(run(begun["id"])["state"], "running");
  ask(begun["id"], "stop");
  EXPECT_EQ(finished(begun)["state"], "stopped");
}

TEST_F(TrainingRunsTest, SaysWhatIsWrongBeforeHarm) {
  const auto status = [&](const api::Json& of) { return client().post("/api/training/runs", {{"recipe", of}}); };
  const Reply odd = status(recipe({{"learnig_rate", 1}}));
  EXPECT_EQ(odd.status, 422);
  EXPECT_NE(odd.text.find("learning_rate"), std::string::npos);
  EXPECT_EQ(status(recipe({{"data", "data.jsonl"}})).status, 400);  // of what folder?
  EXPECT_EQ(status(recipe({{"base", "nothing"}})).status, 404);
  std::ofstream(folder() / "empty.jsonl") << "";
  EXPECT_EQ(status(recipe({{"data", (folder() / "empty.jsonl").string()}})).status, 422);
  app::write_small_model(folder() / "models/huge.gguf", "llama", [](const std::string&, size_t) { return 1e38f; });
  const Reply nan = client().post("/api/training/runs", {{"recipe", recipe({{"base", "huge"}})}});
  ASSERT_EQ(nan.status, 202) << nan.text;
  const api::Json failed = finished(nan.json);
  ASSERT_EQ(failed["state"], "failed") << failed;
  EXPECT_NE(failed["error"]["why"].get<std::string>().find("no number"), std::string::npos);
  EXPECT_FALSE(failed["error"]["to_do"].get<std::string>().empty());
}

TEST_F(TrainingRunsTest, RefusesWhatDoesNotFitAndSaysWhatWould) {
  HostOptions options = training_options();
  options.memory = [] { return telemetry::SystemMemory{.total_bytes = 1 << 20, .available_bytes = 1 << 19}; };
  start(std::move(options));
  const api::Json large = recipe({{"batch", 16}, {"sequence", 256}, {"packing", false}});
  const Reply plan = client().post("/api/training/plan", {{"recipe", large}});
  ASSERT_EQ(plan.status, 200) << plan.text;
  EXPECT_EQ(plan.json["fits"], false);
  ASSERT_FALSE(plan.json["alternatives"].empty());
  for (const api::Json& alternative : plan.json["alternatives"]) {
    EXPECT_LT(alternative["memory_bytes"], plan.json["memory_bytes"]);
    api::Json changed = large;
    changed.merge_patch(alternative["changes"]);
    const Reply again = client().post("/api/training/plan", {{"recipe", changed}, {"alternatives", false}});
    ASSERT_EQ(again.status, 200) << again.text;
    EXPECT_EQ(again.json["memory_bytes"], alternative["memory_bytes"]) << alternative["name"];
  }
  const Reply refused = client().post("/api/training/runs", {{"recipe", large}});
  EXPECT_EQ(refused.status, 507) << refused.text;
  EXPECT_FALSE(refused.json["error"]["to_do"].get<std::string>().empty());
  EXPECT_TRUE(client().get("/api/training/runs").json["runs"].empty());
}

TEST_F(TrainingRunsTest, DeletedRunsCanBeRestored) {
  const api::Json begun = begin(recipe({{"steps", 2}}));
  const std::string path = "/api/training/runs/" + begun["id"].get<std::string>();
  finished(begun);
  EXPECT_EQ(client().patch(path, {{"deleted", true}}).status, 200);
  EXPECT_TRUE(client().get("/api/training/runs").json["runs"].empty());
  EXPECT_EQ(client().get("/api/training/runs?deleted=1").json["runs"].size(), 1u);
  EXPECT_EQ(client().patch(path, {{"deleted", false}, {"name", "Again"}}).json["name"], "Again");
  stop();
  start();
  EXPECT_EQ(client().get("/api/training/runs").json["runs"][0]["name"], "Again");
}

TEST_F(TrainingRunsTest, ABaseFromOutsideTheLibraryIsFoundAgain) {
  const std::filesystem::path elsewhere = folder() / "elsewhere/other.gguf";
  std::filesystem::create_directories(elsewhere.parent_path());
  std::filesystem::copy_file(folder() / "models/small.gguf", elsewhere);
  const api::Json begun = begin(recipe({{"base", elsewhere.string()}, {"steps", 100000}}));
  wait_for_step(begun, 2);
  ask(begun["id"], "pause");
  ASSERT_EQ(finished(begun)["state"], "paused");
  stop();
  start();
  const api::Json resumed = ask(begun["id"], "resume", 202);
  wait_for_step(resumed, 3);
  ask(begun["id"], "stop");
  EXPECT_EQ(finished(resumed)["state"], "stopped");
}

TEST_F(TrainingRunsTest, AHostThatEndsInOrderSavesTheRun) {
  const api::Json begun = begin(recipe({{"steps", 100000}, {"checkpoint_every", 0}}));
  const api::Json waiting = begin(recipe({{"steps", 4}}));
  wait_for_step(begun, 5);
  stop();
  start();
  const api::Json run = this->run(begun["id"]);
  EXPECT_EQ(run["state"], "interrupted");
  EXPECT_GE(run["checkpoint_step"], 5);
  // The one that waited goes on by itself.
  EXPECT_EQ(finished(this->run(waiting["id"]))["state"], "finished");
}

}  // namespace
}  // namespace diptych::host
