// A host in a process of its own, which can be killed. The test's program runs itself again as that host.
#pragma once

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <stdexcept>

namespace diptych::host {

class ChildHost {
 public:
  // It is called with --child FOLDER and prints its port.
  explicit ChildHost(const std::filesystem::path& folder) {
    int pipes[2];
    if (pipe(pipes) != 0) throw std::runtime_error("no pipe");
    pid_ = fork();
    if (pid_ == 0) {
      dup2(pipes[1], STDOUT_FILENO);
      execl("/proc/self/exe", "child_host", "--child", folder.c_str(), static_cast<char*>(nullptr));
      _exit(127);
    }
    close(pipes[1]);
    FILE* out = fdopen(pipes[0], "r");
    if (std::fscanf(out, "%d", &port_) != 1) port_ = 0;
    std::fclose(out);
  }
  ~ChildHost() { kill_it(); }
  ChildHost(const ChildHost&) = delete;
  ChildHost& operator=(const ChildHost&) = delete;
  void kill_it() {
    if (pid_ <= 0) return;
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }
  int port() const { return port_; }

 private:
  pid_t pid_ = 0;
  int port_ = 0;
};

}  // namespace diptych::host
