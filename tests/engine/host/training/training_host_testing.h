// A host with the engine's own loader, a model of some kilobytes, and data to train it on.
#pragma once

#include <nlohmann/json.hpp>

#include "engine/host/chat/engine_loader.h"
#include "models/registry.h"
#include "tests/app/small_model.h"
#include "tests/engine/host/host_testing.h"

namespace diptych::host {

inline std::shared_ptr<const ModelRegistry> whole_registry() {
  static const auto registry = [] {
    auto made = std::make_shared<ModelRegistry>();
    models::register_all(*made);
    return made;
  }();
  return registry;
}

inline HostOptions training_options() {
  HostOptions options;
  options.registry = whole_registry();
  options.threads = 2;
  options.loader = std::make_shared<EngineLoader>(whole_registry(), 2);
  return options;
}

inline void write_training_files(const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder / "models");
  app::write_small_model(folder / "models" / "small.gguf", "llama", app::untrained);
  std::ofstream data(folder / "data.jsonl");
  for (int i = 0; i < 40; ++i) {
    const std::string word = "w" + std::to_string(i);
    data << api::Json{{"prompt", "say " + word}, {"completion", word + " " + word}}.dump() << '\n';
  }
}

inline api::Json training_recipe(const std::filesystem::path& folder, const api::Json& more = api::Json::object()) {
  api::Json recipe{{"base", "small"},
                   {"data", (folder / "data.jsonl").string()},
                   {"steps", 40},
                   {"batch", 2},
                   {"sequence", 48},
                   {"rank", 4},
                   {"checkpoint_every", 10},
                   {"learning_rate", 0.005}};
  recipe.update(more);
  return recipe;
}

inline std::string file_text(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file) << path;
  return {std::istreambuf_iterator<char>(file), {}};
}

// Each test has a folder of its own.
class TrainingHostTest : public testing::Test {
 protected:
  TrainingHostTest() {
    setenv("DIPTYCH_HOME", folder_.path().c_str(), 1);
    setenv("DIPTYCH_MODELS", (folder_.path() / "models").c_str(), 1);
    write_training_files(folder_.path());
    start();
  }
  void start() { start(training_options()); }
  void start(HostOptions options) {
    running_.reset();
    running_ = std::make_unique<RunningHost>(std::move(options), nullptr);
    client_ = std::make_unique<Client>(running_->server().port());
  }
  void stop() {
    client_.reset();
    running_.reset();
  }
  Client& client() { return *client_; }
  std::filesystem::path folder() const { return folder_.path(); }
  api::Json recipe(const api::Json& more = api::Json::object()) const { return training_recipe(folder(), more); }

  api::Json begin(const api::Json& of, const std::string& name = "") {
    const Reply reply = client().post("/api/training/runs", {{"recipe", of}, {"name", name}});
    EXPECT_EQ(reply.status, 202) << reply.text;
    return reply.json;
  }
  api::Json run(const std::string& id) { return client().get("/api/training/runs/" + id).json; }
  api::Json ask(const std::string& id, const std::string& what, int status = 200) {
    const Reply reply = client().post("/api/training/runs/" + id + "/" + what);
    EXPECT_EQ(reply.status, status) << what << ": " << reply.text;
    return reply.json;
  }
  // All events of a run's present job, to its end.
  std::vector<api::SseEvent> events_of(const api::Json& run, const std::string& after = "") {
    return client().events(
        "/api/jobs/" + run["job"].get<std::string>() + "/events", [](const api::SseEvent&) { return false; }, after);
  }
  api::Json finished(const api::Json& begun) {
    events_of(begun);
    return run(begun["id"]);
  }
  // Until its job tells of this step; then the stream is left.
  void wait_for_step(const api::Json& run, int64_t step) {
    client().events("/api/jobs/" + run["job"].get<std::string>() + "/events", [&](const api::SseEvent& event) {
      return event.type == "step" && api::parse(event.data)->at("step") >= step;
    });
  }
  // To its end.
  api::Json wait_for_job(const std::string& id) {
    client().events("/api/jobs/" + id + "/events", [](const api::SseEvent&) { return false; });
    return client().get("/api/jobs/" + id).json;
  }

  template <typename F>
  static bool eventually(F condition, int timeout_ms = 5000) {
    for (int waited = 0; waited < timeout_ms; waited += 10) {
      if (condition()) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return condition();
  }

  TemporaryFolder folder_;
  std::unique_ptr<RunningHost> running_;
  std::unique_ptr<Client> client_;
};

}  // namespace diptych::host
