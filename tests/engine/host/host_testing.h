// A host with a fake model behind a real server on a loopback port, and a client for it.
#pragma once

#include <gtest/gtest.h>
#include <httplib.h>
#include <unistd.h>

#include <fstream>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "engine/api/error.h"
#include "engine/api/sse.h"
#include "engine/host/host.h"
#include "engine/host/http/server.h"
#include "tests/engine/host/chat/fake_model.h"

namespace diptych::host {

inline const std::string test_token(64, 'a');

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "diptych-host-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
    path_ = name;
  }
  ~TemporaryFolder() {
    std::error_code error;
    std::filesystem::remove_all(path_, error);
  }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

struct Reply {
  int status = 0;
  std::string text;
  api::Json json;  // null where the body is no JSON
  httplib::Headers headers;
};

class Client {
 public:
  Client(int port, const std::string& token = test_token) : http_("127.0.0.1", port), port_(port) {
    http_.set_read_timeout(20);
    http_.set_keep_alive(true);
    http_.set_tcp_nodelay(true);
    if (!token.empty()) headers_.emplace("Authorization", "Bearer " + token);
  }
  Reply get(const std::string& path) { return reply(http_.Get(path, headers_)); }
  Reply post(const std::string& path, const api::Json& body = api::Json::object()) {
    return post_text(path, body.dump());
  }
  Reply post_text(const std::string& path, const std::string& body) {
    return reply(http_.Post(path, headers_, body, "application/json"));
  }
  Reply put(const std::string& path, const api::Json& body) {
    return reply(http_.Put(path, headers_, body.dump(), "application/json"));
  }
  Reply patch(const std::string& path, const api::Json& body) {
    return reply(http_.Patch(path, headers_, body.dump(), "application/json"));
  }
  httplib::Headers& headers() { return headers_; }

  // Reads events until `done` says so, or the stream ends.
  std::vector<api::SseEvent> events(const std::string& path, const std::function<bool(const api::SseEvent&)>& done,
                                    const std::string& last_id = "") {
    httplib::Client own("127.0.0.1", port_);
    own.set_read_timeout(20);
    auto headers = headers_;
    if (!last_id.empty()) headers.emplace("Last-Event-ID", last_id);
    api::SseParser parser;
    std::vector<api::SseEvent> all;
    own.Get(path, headers, [&](const char* data, size_t size) {
      for (auto& event : parser.feed({data, size})) {
        all.push_back(event);
        if (done(event)) return false;
      }
      return true;
    });
    return all;
  }
  int port() const { return port_; }

 private:
  static Reply reply(const httplib::Result& result) {
    Reply reply;
    if (!result) {
      ADD_FAILURE() << "no answer: " << httplib::to_string(result.error());
      return reply;
    }
    reply.status = result->status;
    reply.text = result->body;
    reply.json = api::parse(result->body).value_or(api::Json(nullptr));
    reply.headers = result->headers;
    return reply;
  }

  httplib::Client http_;
  int port_;
  httplib::Headers headers_;
};

class RunningHost {
 public:
  explicit RunningHost(HostOptions options, std::shared_ptr<FakeBehaviour> behaviour)
      : host_(fill(std::move(options), std::move(behaviour))),
        server_("127.0.0.1", 0, [this](const HttpRequest& request) { return host_.handle(request); }),
        thread_([this] { server_.serve(); }) {}
  ~RunningHost() {
    host_.shut_down();
    server_.stop();
    thread_.join();
  }
  Host& host() { return host_; }
  Server& server() { return server_; }

 private:
  static HostOptions fill(HostOptions options, std::shared_ptr<FakeBehaviour> behaviour) {
    options.token = test_token;
    options.version = "test";
    if (!options.loader) options.loader = std::make_shared<FakeLoader>(std::move(behaviour));
    return options;
  }
  Host host_;
  Server server_;
  std::thread thread_;
};

// Each test has a folder of its own with two library models, tiny.gguf and other.gguf, and a broken one.
class HostTest : public testing::Test {
 protected:
  HostTest() {
    setenv("DIPTYCH_HOME", folder_.path().c_str(), 1);
    setenv("DIPTYCH_MODELS", (folder_.path() / "models").c_str(), 1);
    std::filesystem::create_directories(folder_.path() / "models");
    for (const char* name : {"tiny.gguf", "other.gguf", "broken.gguf"}) {
      std::ofstream(folder_.path() / "models" / name) << "GGUF";
    }
    start();
  }
  void start(HostOptions options = {}) {
    running_.reset();
    running_ = std::make_unique<RunningHost>(std::move(options), behaviour_);
    client_ = std::make_unique<Client>(running_->server().port());
  }
  void stop() {
    client_.reset();
    running_.reset();
  }
  Client& client() { return *client_; }
  RunningHost& running() { return *running_; }

  void load(const std::string& model = "tiny") {
    const Reply reply = client().post("/api/models/load", {{"model", model}});
    ASSERT_EQ(reply.status, 202) << reply.text;
    wait_for_job(reply.json["job"]);
  }
  api::Json wait_for_job(const std::string& id) {
    client().events("/api/jobs/" + id + "/events", [](const api::SseEvent&) { return false; });
    return client().get("/api/jobs/" + id).json;
  }
  std::string new_conversation(const api::Json& settings = api::Json::object()) {
    return client().post("/api/conversations", {{"settings", settings}}).json["id"];
  }
  // Sends and waits for the end of the answer, which is returned.
  api::Json ask(const std::string& conversation, const std::string& text, const std::string& parent = "") {
    const Reply reply =
        client().post("/api/conversations/" + conversation + "/messages", {{"text", text}, {"parent", parent}});
    EXPECT_EQ(reply.status, 201) << reply.text;
    if (reply.status != 201) return nullptr;
    wait_for_job(reply.json["job"]);
    return message(conversation, reply.json["answer"]["id"]);
  }
  api::Json message(const std::string& conversation, const std::string& id) {
    const Reply all = client().get("/api/conversations/" + conversation);
    for (const auto& message : all.json["messages"]) {
      if (message["id"] == id) return message;
    }
    ADD_FAILURE() << "no message " << id;
    return nullptr;
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
  std::shared_ptr<FakeBehaviour> behaviour_ = std::make_shared<FakeBehaviour>();
  std::unique_ptr<RunningHost> running_;
  std::unique_ptr<Client> client_;
};

// " t0 t1 … t(n-1)"
inline std::string fake_text(int begin, int end) {
  std::string text;
  for (int i = begin; i < end; ++i) text += " t" + std::to_string(i);
  return text;
}

}  // namespace diptych::host
