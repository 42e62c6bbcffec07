#include "engine/host/http/access.h"

#include <sys/stat.h>

#include "engine/host/http/token.h"
#include "engine/host/machine/host_lock.h"
#include "tests/engine/host/host_testing.h"

namespace diptych::host {
namespace {

HttpRequest request(std::map<std::string, std::string> headers) {
  HttpRequest result;
  result.method = "GET";
  result.path = "/api/version";
  result.headers = std::move(headers);
  return result;
}

TEST(Access, TokenHostOriginAndProtocol) {
  const AccessCheck check("secret", "127.0.0.1");
  const auto status = [&](std::map<std::string, std::string> headers) {
    const auto refusal = check.refuse(request(std::move(headers)));
    return refusal ? refusal->status : 200;
  };
  const std::string good = "Bearer secret";
  EXPECT_EQ(status({{"host", "127.0.0.1:1"}, {"authorization", good}}), 200);
  EXPECT_EQ(status({{"host", "LOCALHOST"}, {"authorization", "bearer secret"}}), 200);
  EXPECT_EQ(status({{"host", "[::1]:80"}, {"authorization", good}}), 200);
  EXPECT_EQ(status({{"host", "127.0.0.1"}}), 401);
  EXPECT_EQ(status({{"host", "127.0.0.1"}, {"authorization", "Bearer secret2"}}), 401);
  EXPECT_EQ(status({{"host", "127.0.0.1"}, {"authorization", "Bearer "}}), 401);
  EXPECT_EQ(status({{"host", "127.0.0.1"}, {"authorization", "Basic secret"}}), 401);
  EXPECT_EQ(status({{"host", "evil.example"}, {"authorization", good}}), 403);
  EXPECT_EQ(status({{"host", "127.0.0.1.evil.example"}, {"authorization", good}}), 403);
  EXPECT_EQ(status({{"host", "192.168.1.5"}, {"authorization", good}}), 403);
  EXPECT_EQ(status({{"host", ""}, {"authorization", good}}), 403);
  EXPECT_EQ(status({{"authorization", good}}), 403);
  const auto from = [&](const std::string& origin) {
    return status({{"host", "127.0.0.1:7"}, {"authorization", good}, {"origin", origin}});
  };
  EXPECT_EQ(from("http://127.0.0.1:7"), 200);
  EXPECT_EQ(from("http://127.0.0.1:8"), 403);
  EXPECT_EQ(from("https://evil.example"), 403);
  EXPECT_EQ(from("null"), 403);
  const auto speaking = [&](const std::string& protocol) {
    return status({{"host", "127.0.0.1"}, {"authorization", good}, {"diptych-protocol", protocol}});
  };
  EXPECT_EQ(speaking("1.9"), 200);
  EXPECT_EQ(speaking("2.0"), 400);
}

TEST(Access, AnyAddressButNoNameWhereEverythingIsListenedOn) {
  const AccessCheck check("secret", "0.0.0.0");
  EXPECT_FALSE(check.refuse(request({{"host", "192.168.1.5:80"}, {"authorization", "Bearer secret"}})).has_value());
  EXPECT_TRUE(check.refuse(request({{"host", "evil.example"}, {"authorization", "Bearer secret"}})).has_value());
}

TEST(Token, IsMadeOnceForItsUserOnly) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "run" / "host.token";
  const std::string token = load_or_create_token(path);
  EXPECT_EQ(token.size(), 64u);
  EXPECT_EQ(load_or_create_token(path), token);
  struct stat status {};
  ASSERT_EQ(stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
  EXPECT_NE(load_or_create_token(folder.path() / "other"), token);
  chmod(path.c_str(), 0644);
  EXPECT_THROW(load_or_create_token(path), Error);
  chmod(path.c_str(), 0600);
  std::ofstream(path) << "short";
  EXPECT_THROW(load_or_create_token(path), Error);
}

TEST(Token, ComparisonSeesEveryDifference) {
  EXPECT_TRUE(equal_in_constant_time("abc", "abc"));
  EXPECT_FALSE(equal_in_constant_time("abc", "abd"));
  EXPECT_FALSE(equal_in_constant_time("ab", "abc"));
  EXPECT_FALSE(equal_in_constant_time("abcd", "abc"));
  EXPECT_FALSE(equal_in_constant_time("", "abc"));
}

TEST(Lock, ASecondHostIsToldWhereTheFirstIs) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "host.lock";
  std::ofstream(path) << R"({"pid": 1, "port": 5})";  // left by a host that died
  EXPECT_FALSE(running_host(path).has_value());
  {
    HostLock lock(path);
    EXPECT_FALSE(running_host(path).has_value());  // not published yet
    lock.publish({4242, "127.0.0.1", 5151, "1.0", "/t"});
    const auto info = running_host(path);
    ASSERT_TRUE(info.has_value());
    EXPECT_EQ(info->port, 5151);
    EXPECT_EQ(info->token_file, "/t");
    try {
      HostLock second(path);
      FAIL() << "two hosts on one folder";
    } catch (const Error& error) {
      EXPECT_EQ(error.category(), ErrorCategory::unavailable);
      EXPECT_NE(std::string(error.what()).find("4242"), std::string::npos);
      EXPECT_NE(std::string(error.what()).find("5151"), std::string::npos);
    }
  }
  EXPECT_FALSE(running_host(path).has_value());
  const HostLock again(path);
}

class AccessTest : public HostTest {};

TEST_F(AccessTest, TheServerRefusesInTheFourParts) {
  Client stranger(client().port(), "");
  const Reply refused = stranger.get("/api/version");
  EXPECT_EQ(refused.status, 401);
  for (const char* part : {"category", "message", "what", "thing", "why", "to_do"}) {
    EXPECT_TRUE(refused.json["error"][part].is_string()) << part;
  }
  Client browser(client().port());
  browser.headers().emplace("Origin", "http://evil.example");
  EXPECT_EQ(browser.get("/api/version").status, 403);
  Client rebound(client().port());
  rebound.headers().emplace("Host", "evil.example");
  EXPECT_EQ(rebound.get("/api/version").status, 403);
  const Reply good = client().get("/api/version");
  EXPECT_EQ(good.status, 200);
  EXPECT_EQ(good.json["protocol"], "1.1");
  EXPECT_EQ(good.json["pid"], getpid());
}

TEST_F(AccessTest, BadRequestsAreAnsweredInTheFourParts) {
  const auto expect_error = [](const Reply& reply, int status) {
    EXPECT_EQ(reply.status, status) << reply.text;
    EXPECT_TRUE(reply.json.is_object() && reply.json["error"]["to_do"].is_string()) << reply.text;
  };
  expect_error(client().get("/nothing"), 404);
  expect_error(client().post("/api/version"), 405);
  expect_error(client().post_text("/api/conversations", "{\"title\": "), 400);
  expect_error(client().post_text("/api/conversations", "[1]"), 400);
  expect_error(client().post_text("/api/conversations", std::string(100000, '[')), 400);
  expect_error(client().post_text("/v1/chat/completions", "\xff\xfe"), 400);
  expect_error(client().post("/v1/chat/completions", {{"messages", "hi"}}), 400);
  expect_error(client().post("/api/models/load", {{"model", 3}}), 400);
  expect_error(client().get("/api/conversations?limit=many"), 400);
  expect_error(client().get("/api/telemetry/history?seconds=-1"), 400);
  expect_error(client().get("/" + std::string(9000, 'x')), 414);
  expect_error(client().post_text("/api/conversations", std::string((32u << 20) + 1, ' ')), 413);
}

TEST_F(AccessTest, ATakenPortIsAnError) {
  try {
    Server second("127.0.0.1", client().port(), [](const HttpRequest&) { return HttpResponse(); });
    FAIL() << "two servers on one port";
  } catch (const Error& error) {
    EXPECT_EQ(error.category(), ErrorCategory::unavailable);
    EXPECT_NE(std::string(error.what()).find("taken"), std::string::npos) << error.what();
  }
  EXPECT_THROW(Server("192.0.2.1", 0, [](const HttpRequest&) { return HttpResponse(); }), Error);
}

}  // namespace
}  // namespace diptych::host
