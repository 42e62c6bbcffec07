// Many streams, what they cost, and the end of a host that nobody needs.
#include "tests/engine/host/chat/raw_stream.h"
#include "tests/engine/host/host_testing.h"

namespace diptych::host {
namespace {

using api::Json;

class StreamsTest : public HostTest {};

TEST_F(StreamsTest, TwoHundredFiftySixOpenStreamsGetEverythingAndOthersAreServed) {
  load();
  const std::string id = new_conversation();
  const std::string path = "/api/conversations/" + id + "/events";
  std::vector<std::unique_ptr<RawStream>> streams;
  for (int i = 0; i < 256; ++i) streams.push_back(std::make_unique<RawStream>(client().port(), path));
  for (const auto& stream : streams) {
    ASSERT_TRUE(stream->connected());
    ASSERT_TRUE(stream->wait_for(": open"));
  }
  const auto begin = SteadyClock::now();
  EXPECT_EQ(client().get("/api/version").status, 200);
  EXPECT_LT(SteadyClock::now() - begin, std::chrono::seconds(1));
  const double idle_begin = cpu_seconds();
  std::this_thread::sleep_for(std::chrono::seconds(2));
  EXPECT_LT(cpu_seconds() - idle_begin, 0.02) << "256 quiet streams should cost less than 1% of a core";
  ask(id, "hello");
  for (const auto& stream : streams) {
    ASSERT_TRUE(stream->wait_for("answer_ended"));
    EXPECT_NE(stream->received().find("answer_grew"), std::string::npos);
  }
  streams.clear();
  EXPECT_EQ(client().get("/api/version").status, 200);
}

TEST_F(StreamsTest, AnIdleHostEndsWhenNobodyNeedsIt) {
  stop();
  HostOptions options;
  options.linger_s = 1;
  start(std::move(options));
  std::atomic<bool> stopped{false};
  running().host().on_stop([&] { stopped = true; });
  {
    RawStream window(client().port(), "/api/telemetry");
    ASSERT_TRUE(window.wait_for("sample"));
    std::this_thread::sleep_for(std::chrono::milliseconds(2500));
    EXPECT_FALSE(stopped) << "a client is there";
  }
  EXPECT_TRUE(eventually([&] { return stopped.load(); }, 8000));
}

TEST_F(StreamsTest, ShutdownIsAnEndpoint) {
  std::atomic<bool> stopped{false};
  running().host().on_stop([&] { stopped = true; });
  EXPECT_EQ(client().post("/api/shutdown").status, 202);
  EXPECT_TRUE(eventually([&] { return stopped.load(); }));
}

}  // namespace
}  // namespace diptych::host
