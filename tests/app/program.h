// The built program as a user runs it: its output, its one line of error, its status.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

namespace diptych::app {

class Program {
 public:
  // `before` runs in the new process ahead of the program; false ends it with status 77.
  Program(const std::filesystem::path& home, std::vector<std::string> arguments,
          const std::function<bool()>& before = {}) {
    int out[2], err[2];
    if (pipe2(out, O_CLOEXEC) != 0 || pipe2(err, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
    pid_ = fork();
    if (pid_ == 0) {
      setenv("DIPTYCH_HOME", home.c_str(), 1);
      dup2(out[1], STDOUT_FILENO);
      dup2(err[1], STDERR_FILENO);
      if (before && !before()) _exit(77);
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
  std::string errors() {
    drain();
    return err_text_;
  }
  std::string rest_of_output() {
    drain();
    return out_text_;
  }
  void signal(int number) { kill(pid_, number); }
  int wait() {
    drain();
    int status = 0;
    if (pid_ > 0) waitpid(pid_, &status, 0);
    pid_ = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }
  pid_t pid() const { return pid_; }

 private:
  // Both at once: a program that fills one pipe must not wait for the reader of the other.
  void drain() {
    pollfd pipes[2] = {{out_, POLLIN, 0}, {err_, POLLIN, 0}};
    std::string* texts[2] = {&out_text_, &err_text_};
    while (pipes[0].fd >= 0 || pipes[1].fd >= 0) {
      if (poll(pipes, 2, -1) < 0 && errno != EINTR) return;
      for (int i = 0; i < 2; ++i) {
        if (pipes[i].fd < 0 || pipes[i].revents == 0) continue;
        char bytes[4096];
        const ssize_t size = read(pipes[i].fd, bytes, sizeof(bytes));
        if (size > 0) {
          texts[i]->append(bytes, static_cast<size_t>(size));
        } else {
          pipes[i].fd = -1;
        }
      }
    }
  }
  pid_t pid_ = 0;
  int out_ = -1, err_ = -1;
  std::string out_text_, err_text_;
};

// A data folder of its own.
class ProgramTest : public testing::Test {
 protected:
  ProgramTest() {
    std::string name = (std::filesystem::temp_directory_path() / "diptych-app-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
    home_ = name;
  }
  ~ProgramTest() override {
    std::error_code error;
    std::filesystem::remove_all(home_, error);
  }
  static int port_of(const std::string& line) {
    const std::string head = "listening on http://127.0.0.1:";
    EXPECT_TRUE(line.starts_with(head)) << line;
    return line.starts_with(head) ? std::stoi(line.substr(head.size())) : 0;
  }
  // One line "diptych: error: what: thing: why; what to do" that has these words.
  static void expect_one_line(Program& program, const std::vector<std::string>& words) {
    const std::string errors = program.errors();
    EXPECT_TRUE(errors.starts_with("diptych: error: ")) << errors;
    EXPECT_EQ(std::count(errors.begin(), errors.end(), '\n'), 1) << errors;
    EXPECT_NE(errors.find("; "), std::string::npos) << "what to do is missing in " << errors;
    for (const std::string& word : words) EXPECT_NE(errors.find(word), std::string::npos) << word << " in " << errors;
  }
  std::filesystem::path home_;
};

}  // namespace diptych::app
