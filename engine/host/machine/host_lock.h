// One host per data folder: host.lock there, held with flock, says where the host is to be found.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace diptych::host {

struct LockInfo {
  int64_t pid = 0;
  std::string host;
  int port = 0;
  std::string protocol;
  std::string token_file;
};

class HostLock {
 public:
  // A file left by a host that died is no lock: the system drops flock with its holder. Error (unavailable) names the
  // pid and port of the host that holds it; io.
  explicit HostLock(const std::filesystem::path& path);
  ~HostLock();
  HostLock(const HostLock&) = delete;
  HostLock& operator=(const HostLock&) = delete;

  void publish(const LockInfo& info);  // once the port is known

 private:
  std::filesystem::path path_;
  int fd_ = -1;
};

// Where the running host is to be found; nullopt where none holds the lock or it has not published yet.
std::optional<LockInfo> running_host(const std::filesystem::path& path);

std::filesystem::path default_lock_file();  // host.lock in data_dir()

}  // namespace diptych::host
