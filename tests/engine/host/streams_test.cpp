// Many streams, what they cost, and what the host costs per token.
#include <netinet/in.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <ctime>

#include "tests/engine/host/host_testing.h"

namespace diptych::host {
namespace {

using api::Json;

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

// A stream read by poll, so that 256 of them need no threads on this side.
class RawStream {
 public:
  RawStream(int port, const std::string& path) : socket_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0;
    const std::string request =
        "GET " + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer " + test_token + "\r\n\r\n";
    connected_ = connected_ && send(socket_, request.data(), request.size(), 0) == static_cast<ssize_t>(request.size());
  }
  ~RawStream() { close(socket_); }
  RawStream(const RawStream&) = delete;
  RawStream& operator=(const RawStream&) = delete;
  bool wait_for(const std::string& needle, int timeout_ms = 20000) {
    while (received_.find(needle) == std::string::npos) {
      pollfd ready{socket_, POLLIN, 0};
      char bytes[16384];
      if (poll(&ready, 1, timeout_ms) <= 0) return false;
      const ssize_t size = recv(socket_, bytes, sizeof(bytes), 0);
      if (size <= 0) return false;
      received_.append(bytes, static_cast<size_t>(size));
    }
    return true;
  }
  bool connected() const { return connected_; }
  const std::string& received() const { return received_; }

 private:
  int socket_;
  bool connected_ = false;
  std::string received_;
};

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

// The host's own work per token of a model that writes 1000 tokens/s, with one window listening: what the process uses
// beside the fake model's own sleeping. 2% of such a token's time are 20 µs.
TEST_F(StreamsTest, TheHostCostsLessThanTwoPercentOfATokensTime) {
  constexpr int tokens = 3000;
  behaviour_->tokens = tokens;
  behaviour_->token_us = 940;  // and about 60 µs until the end of a sleep is noticed
  load();
  const std::string id = new_conversation();
  const std::string base = "/api/conversations/" + id;
  RawStream window(client().port(), base + "/events");
  ASSERT_TRUE(window.wait_for(": open"));
  const double begin = cpu_seconds();
  const auto time_begin = SteadyClock::now();
  const Reply sent = client().post(base + "/messages", {{"text", "go"}});
  ASSERT_EQ(sent.status, 201);
  // The window reads when all is over, so that its side of the socket does not count: the kernel holds what was sent.
  while (client().get("/api/jobs/" + sent.json["job"].get<std::string>()).json["state"] != "done") {
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
  }
  const double token_us = std::chrono::duration<double, std::micro>(SteadyClock::now() - time_begin).count() / tokens;
  const double host_us = (cpu_seconds() - begin - behaviour_->own_cpu_s) * 1e6 / tokens;
  const double percent = 100 * host_us / token_us;
  RecordProperty("host_us_per_token", std::to_string(host_us));
  std::printf("host: %.2f us of %.0f us per token: %.2f%%\n", host_us, token_us, percent);
  EXPECT_TRUE(window.wait_for("answer_ended"));
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  EXPECT_LT(percent, 2.0);
#endif
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
