// diptych serve as a user starts it: one line on stdout, a token only its user can read, an orderly end, and one line
// of error for a taken port, a second instance and an address without TLS.
#include <httplib.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <chrono>
#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/app/program.h"

namespace diptych::app {
namespace {

class Serve : public ProgramTest {};

TEST_F(Serve, PrintsOneLineServesItsUserAndEndsInOrder) {
  for (const int signal : {SIGTERM, SIGINT}) {
    Program program(home_, {"serve"});
    const int port = port_of(program.line());
    std::ifstream file(home_ / "run" / "host.token");
    std::string token;
    file >> token;
    EXPECT_EQ(token.size(), 64u);
    struct stat status {};
    ASSERT_EQ(stat((home_ / "run" / "host.token").c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0600u);
    httplib::Client client("127.0.0.1", port);
    EXPECT_EQ(client.Get("/api/version")->status, 401);
    const auto version = client.Get("/api/version", {{"Authorization", "Bearer " + token}});
    ASSERT_TRUE(version);
    EXPECT_EQ(nlohmann::json::parse(version->body)["pid"], program.pid());
    std::ifstream lock_file(home_ / "host.lock");
    const auto lock = nlohmann::json::parse(lock_file);
    EXPECT_EQ(lock["port"], port);
    EXPECT_EQ(lock["protocol"], "1.1");
    program.signal(signal);
    EXPECT_EQ(program.wait(), 0);
    EXPECT_EQ(program.rest_of_output(), "");
  }
}

TEST_F(Serve, ASecondInstanceIsToldWhereTheFirstIs) {
  Program first(home_, {"serve"});
  const int port = port_of(first.line());
  Program second(home_, {"serve"});
  EXPECT_EQ(second.wait(), 1);
  expect_one_line(second, {std::to_string(first.pid()), std::to_string(port), "DIPTYCH_HOME"});
  first.signal(SIGKILL);  // its lock dies with it
  first.wait();
  Program third(home_, {"serve"});
  EXPECT_GT(port_of(third.line()), 0);
}

TEST_F(Serve, ATakenPortAndAnOpenAddressAreRefused) {
  const int taken = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(bind(taken, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  ASSERT_EQ(listen(taken, 1), 0);
  socklen_t size = sizeof(address);
  getsockname(taken, reinterpret_cast<sockaddr*>(&address), &size);
  const std::string port = std::to_string(ntohs(address.sin_port));
  Program program(home_, {"serve", "--port", port});
  EXPECT_EQ(program.wait(), 1);
  expect_one_line(program, {port, "taken", "--port 0"});
  close(taken);
  Program open(home_, {"serve", "--host", "0.0.0.0"});
  EXPECT_EQ(open.wait(), 2);
  expect_one_line(open, {"0.0.0.0", "--insecure", "TLS"});
  Program missing(home_, {"serve", "--model", "no-such-model"});
  EXPECT_EQ(missing.wait(), 1);
  expect_one_line(missing, {"no-such-model"});
}

TEST_F(Serve, EndsByItselfWithoutClients) {
  Program program(home_, {"serve", "--linger", "1"});
  port_of(program.line());
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(program.wait(), 0);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10));
}

}  // namespace
}  // namespace diptych::app
