// diptych serve as a user starts it: one line on stdout, a token only its user can read, an orderly end, and one line
// of error for a taken port, a second instance and an address without TLS.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <httplib.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

namespace {

namespace fs = std::filesystem;

class Program {
 public:
  Program(const fs::path& home, std::vector<std::string> arguments) {
    int out[2], err[2];
    if (pipe(out) != 0 || pipe(err) != 0) throw std::runtime_error("no pipe");
    pid_ = fork();
    if (pid_ == 0) {
      setenv("DIPTYCH_HOME", home.c_str(), 1);
      dup2(out[1], STDOUT_FILENO);
      dup2(err[1], STDERR_FILENO);
      for (const int fd : {out[0], out[1], err[0], err[1]}) close(fd);
      const std::string program = DIPTYCH_BINARY_DIR "/bin/diptych";
      std::vector<char*> argv{const_cast<char*>(program.c_str())};
      for (std::string& argument : arguments) argv.push_back(argument.data());
      argv.push_back(nullptr);
      execv(program.c_str(), argv.data());
      _exit(127);
    }
    close(out[1]);
    close(err[1]);
    out_ = out[0];
    err_ = err[0];
  }
  ~Program() {
    if (pid_ > 0) {
      kill(pid_, SIGKILL);
      waitpid(pid_, nullptr, 0);
    }
    close(out_);
    close(err_);
  }
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  std::string line() {  // of stdout
    std::string text;
    char c = 0;
    while (read(out_, &c, 1) == 1 && c != '\n') text += c;
    return text;
  }
  std::string errors() { return rest(err_); }
  std::string rest_of_output() { return rest(out_); }
  void signal(int number) { kill(pid_, number); }
  int wait() {
    int status = 0;
    waitpid(pid_, &status, 0);
    pid_ = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }
  pid_t pid() const { return pid_; }

 private:
  static std::string rest(int fd) {
    std::string text;
    char bytes[4096];
    for (ssize_t size = 0; (size = read(fd, bytes, sizeof(bytes))) > 0;) text.append(bytes, static_cast<size_t>(size));
    return text;
  }
  pid_t pid_ = 0;
  int out_ = -1, err_ = -1;
};

class Serve : public testing::Test {
 protected:
  Serve() {
    std::string name = (fs::temp_directory_path() / "diptych-serve-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
    home_ = name;
  }
  ~Serve() override {
    std::error_code error;
    fs::remove_all(home_, error);
  }
  static int port_of(const std::string& line) {
    const std::string head = "listening on http://127.0.0.1:";
    EXPECT_TRUE(line.starts_with(head)) << line;
    return line.starts_with(head) ? std::stoi(line.substr(head.size())) : 0;
  }
  void expect_one_line(Program& program, const std::vector<std::string>& words) {
    const std::string errors = program.errors();
    EXPECT_TRUE(errors.starts_with("diptych: error: ")) << errors;
    EXPECT_EQ(std::count(errors.begin(), errors.end(), '\n'), 1) << errors;
    for (const std::string& word : words) EXPECT_NE(errors.find(word), std::string::npos) << word << " in " << errors;
  }
  fs::path home_;
};

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
    EXPECT_EQ(lock["protocol"], "1.0");
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
