#include "engine/host/machine/host_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <nlohmann/json.hpp>
#include <thread>

#include "engine/core/error.h"
#include "engine/io/files/atomic_file.h"
#include "engine/io/files/paths.h"

namespace diptych::host {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

[[noreturn]] void fail(const fs::path& path, int error) {
  throw Error(ErrorCategory::io, "cannot lock the data folder", path.string(), std::strerror(error),
              "make the folder writable or set DIPTYCH_HOME to another one");
}

std::optional<LockInfo> parse(const std::string& text) {
  const json value = json::parse(text, nullptr, false);
  if (!value.is_object()) return std::nullopt;
  LockInfo info;
  try {
    info.pid = value.value("pid", int64_t{0});
    info.host = value.value("host", "");
    info.port = value.value("port", 0);
    info.protocol = value.value("protocol", "");
    info.token_file = value.value("token_file", "");
  } catch (const json::exception&) {
    return std::nullopt;
  }
  return info;
}

std::optional<LockInfo> read(int fd) {
  std::array<char, 4096> text{};
  const ssize_t size = pread(fd, text.data(), text.size(), 0);
  return size > 0 ? parse(std::string(text.data(), static_cast<size_t>(size))) : std::nullopt;
}

bool is_published(const std::optional<LockInfo>& info) {
  return info && info->port > 0;
}

}  // namespace

fs::path default_lock_file() {
  return data_dir() / "host.lock";
}

HostLock::HostLock(const fs::path& path) : path_(path) {
  make_folder(path.parent_path());
  fd_ = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd_ < 0) fail(path, errno);
  int error = flock(fd_, LOCK_EX | LOCK_NB) == 0 ? 0 : errno;
  // Who only asks whether a host runs (running_host) holds the lock for a moment.
  for (int attempt = 0; error == EWOULDBLOCK && attempt < 20 && !is_published(read(fd_)); ++attempt) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    error = flock(fd_, LOCK_EX | LOCK_NB) == 0 ? 0 : errno;
  }
  if (error != 0) {
    const auto other = read(fd_);
    close(fd_);
    if (error != EWOULDBLOCK) fail(path, error);
    throw Error(ErrorCategory::unavailable, "cannot start a second engine host", path.parent_path().string(),
                other && other->port > 0 ? "the host with pid " + std::to_string(other->pid) + " serves it on port " +
                                               std::to_string(other->port)
                                         : "another host is starting on it",
                "use that host, stop it with 'kill " + (other ? std::to_string(other->pid) : std::string("PID")) +
                    "', or set DIPTYCH_HOME to another folder");
  }
  if (ftruncate(fd_, 0) != 0) fail(path, errno);  // what a dead host left
}

HostLock::~HostLock() {
  // The file stays: removing it would let two hosts lock two files of one name.
  if (ftruncate(fd_, 0) != 0) {
  }
  close(fd_);
}

void HostLock::publish(const LockInfo& info) {
  const std::string text = json{{"pid", info.pid},
                                {"host", info.host},
                                {"port", info.port},
                                {"protocol", info.protocol},
                                {"token_file", info.token_file}}
                               .dump() +
                           "\n";
  if (pwrite(fd_, text.data(), text.size(), 0) != static_cast<ssize_t>(text.size())) fail(path_, errno);
}

std::optional<LockInfo> running_host(const fs::path& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return std::nullopt;
  std::optional<LockInfo> info;
  if (flock(fd, LOCK_SH | LOCK_NB) != 0) {
    info = read(fd);
    if (!is_published(info)) info.reset();
  }
  close(fd);
  return info;
}

}  // namespace diptych::host
