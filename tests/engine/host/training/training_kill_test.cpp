// A host that is killed with SIGKILL in the middle of a training step: the next one shows the run as interrupted, and
// resuming it gives what a run gives that nobody killed.
#include "tests/engine/host/child_host.h"
#include "tests/engine/host/training/training_host_testing.h"

namespace diptych::host {
namespace {

int run_child(const std::string& folder) {
  setenv("DIPTYCH_HOME", folder.c_str(), 1);
  setenv("DIPTYCH_MODELS", (folder + "/models").c_str(), 1);
  RunningHost host(training_options(), nullptr);
  std::printf("%d\n", host.server().port());
  std::fflush(stdout);
  while (true) pause();
}

std::string end_of(Client& client, const std::string& job) {
  client.events("/api/jobs/" + job + "/events", [](const api::SseEvent&) { return false; });
  return client.get("/api/jobs/" + job).json["state"];
}

TEST(TrainingKill, LosesAtMostTheStepsSinceTheLastCheckpoint) {
  const TemporaryFolder folder;
  write_training_files(folder.path());
  const auto recipe = [&](const std::string& output) {
    return training_recipe(folder.path(),
                           {{"steps", 600}, {"checkpoint_every", 40}, {"output", (folder.path() / output).string()}});
  };
  std::string id, waiting;
  {
    ChildHost child(folder.path());
    ASSERT_GT(child.port(), 0);
    Client client(child.port());
    const Reply straight = client.post("/api/training/runs", {{"recipe", recipe("straight")}});
    ASSERT_EQ(straight.status, 202) << straight.text;
    ASSERT_EQ(end_of(client, straight.json["job"]), "done");
    const Reply killed = client.post("/api/training/runs", {{"recipe", recipe("killed")}});
    ASSERT_EQ(killed.status, 202) << killed.text;
    id = killed.json["id"];
    waiting = client
                  .post("/api/training/runs",
                        {{"recipe", training_recipe(folder.path(), {{"steps", 3}})}, {"name", "patient"}})
                  .json["id"];
    client.events("/api/jobs/" + killed.json["job"].get<std::string>() + "/events", [](const api::SseEvent& event) {
      return event.type == "step" && api::parse(event.data)->at("step") >= 47;
    });
    child.kill_it();
  }
  ChildHost child(folder.path());
  ASSERT_GT(child.port(), 0);
  Client client(child.port());
  const api::Json run = client.get("/api/training/runs/" + id).json;
  ASSERT_EQ(run["state"], "interrupted") << run;
  EXPECT_GE(run["checkpoint_step"], 40);
  EXPECT_EQ(run["step"], run["checkpoint_step"]);
  EXPECT_EQ(client.get("/api/jobs/" + run["job"].get<std::string>()).json["state"], "interrupted");
  // What waited behind it goes on by itself.
  const api::Json patient = client.get("/api/training/runs/" + waiting).json;
  EXPECT_EQ(end_of(client, patient["job"]), "done");

  const Reply resumed = client.post("/api/training/runs/" + id + "/resume");
  ASSERT_EQ(resumed.status, 202) << resumed.text;
  ASSERT_EQ(end_of(client, resumed.json["job"]), "done");
  EXPECT_EQ(file_text(folder.path() / "straight/adapter_model.safetensors"),
            file_text(folder.path() / "killed/adapter_model.safetensors"));
  const api::Json metrics = client.get("/api/training/runs/" + id + "/metrics").json["steps"];
  ASSERT_EQ(metrics.size(), 600u);
  for (size_t i = 0; i < metrics.size(); ++i) ASSERT_EQ(metrics[i]["step"], i + 1);
}

}  // namespace
}  // namespace diptych::host

int main(int argc, char** argv) {
  if (argc == 3 && std::string(argv[1]) == "--child") return diptych::host::run_child(argv[2]);
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
