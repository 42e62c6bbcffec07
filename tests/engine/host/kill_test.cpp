// A host that is killed with SIGKILL while it writes: what its clients had seen 200 ms before is in the database, and
// the next host can go on with it. The program runs itself as the host.
#include "tests/engine/host/child_host.h"
#include "tests/engine/host/host_testing.h"
#include "tests/engine/host/images/fake_image_model.h"

namespace diptych::host {
namespace {

int run_child(const std::string& folder) {
  setenv("DIPTYCH_HOME", folder.c_str(), 1);
  setenv("DIPTYCH_MODELS", (folder + "/models").c_str(), 1);
  auto behaviour = std::make_shared<FakeBehaviour>();
  behaviour->tokens = 1000000;
  behaviour->token_us = 2000;
  const auto painting = std::make_shared<FakePainting>();
  painting->step_us = 50000;
  HostOptions options;
  options.image_loader = std::make_shared<FakeImageLoader>(painting);
  RunningHost host(options, behaviour);
  std::printf("%d\n", host.server().port());
  std::fflush(stdout);
  while (true) pause();
}

TEST(Kill, LosesAtMostTheLast200Ms) {
  const TemporaryFolder folder;
  std::filesystem::create_directories(folder.path() / "models");
  std::ofstream(folder.path() / "models" / "tiny.gguf") << "GGUF";
  std::string conversation, message, before;
  for (int round = 0; round < 4; ++round) {
    ChildHost child(folder.path());
    ASSERT_GT(child.port(), 0);
    Client client(child.port());
    if (conversation.empty()) {
      const Reply made = client.post("/api/conversations", {{"settings", {{"model", "tiny"}}}});
      ASSERT_EQ(made.status, 201) << made.text;
      conversation = made.json["id"];
      const Reply sent = client.post("/api/conversations/" + conversation + "/messages", {{"text", "go"}});
      ASSERT_EQ(sent.status, 201) << sent.text;
      message = sent.json["answer"]["id"];
    } else {
      const Reply whole = client.get("/api/conversations/" + conversation);
      const api::Json& kept = whole.json["messages"][1];
      ASSERT_EQ(kept["id"], message);
      ASSERT_EQ(kept["state"], "interrupted");
      const std::string text = kept["text"];
      // Everything that was seen 200 ms before the kill, and nothing but what was written.
      EXPECT_GE(text.size(), before.size()) << "round " << round;
      EXPECT_TRUE(text.starts_with(before));
      EXPECT_EQ(client.get("/api/jobs?active=1").json["jobs"].size(), 0u);
      EXPECT_EQ(client.get("/api/conversations?q=t3").json["conversations"].size(), 1u);
      const Reply continued = client.post("/api/conversations/" + conversation + "/continue", {{"message", message}});
      ASSERT_EQ(continued.status, 200) << continued.text;
      ASSERT_EQ(continued.json["answer"]["text"], text);
    }
    // What a window sees, with the time it saw it.
    std::vector<std::pair<SteadyClock::time_point, std::string>> seen;
    const auto end = SteadyClock::now() + std::chrono::milliseconds(700 + 37 * round);
    std::string text;
    client.events("/api/conversations/" + conversation + "/events", [&](const api::SseEvent& event) {
      const auto data = api::parse(event.data).value_or(api::Json::object());
      if (event.type == "message_changed" && data["id"] == message) text = data["text"];
      if (event.type == "answer_grew") text += data["text"].get<std::string>();
      seen.emplace_back(SteadyClock::now(), text);
      return SteadyClock::now() > end;
    });
    const auto killed = SteadyClock::now();
    child.kill_it();
    for (const auto& [time, so_far] : seen) {
      if (killed - time >= std::chrono::milliseconds(200)) before = so_far;
    }
    ASSERT_FALSE(before.empty());
  }
}

TEST(Kill, ImageJobsThatWaitedGoOnAndFinishedPicturesStay) {
  const TemporaryFolder folder;
  std::filesystem::create_directories(folder.path() / "models" / "painter");
  std::ofstream(folder.path() / "models" / "painter" / "model_index.json") << "{}";
  std::string running, waiting;
  {
    ChildHost child(folder.path());
    ASSERT_GT(child.port(), 0);
    Client client(child.port());
    const api::Json settings{{"model", "painter"}, {"seed", 1}, {"count", 100}};
    running = client.post("/api/images", settings).json["job"];
    waiting = client.post("/api/images", {{"model", "painter"}, {"seed", 500}}).json["job"];
    client.events("/api/jobs/" + running + "/events", [](const api::SseEvent& event) { return event.type == "image"; });
    child.kill_it();
  }
  ChildHost child(folder.path());
  ASSERT_GT(child.port(), 0);
  Client client(child.port());
  client.events("/api/jobs/" + waiting + "/events", [](const api::SseEvent&) { return false; });
  EXPECT_EQ(client.get("/api/jobs/" + waiting).json["state"], "done");
  EXPECT_EQ(client.get("/api/jobs/" + running).json["state"], "interrupted");
  EXPECT_GE(client.get("/api/images?job=" + running).json["images"].size(), 1u);
  EXPECT_EQ(client.get("/api/images?job=" + waiting).json["images"].size(), 1u);
}

}  // namespace
}  // namespace diptych::host

int main(int argc, char** argv) {
  if (argc == 3 && std::string(argv[1]) == "--child") return diptych::host::run_child(argv[2]);
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
