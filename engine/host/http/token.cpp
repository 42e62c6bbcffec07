#include "engine/host/http/token.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "engine/core/error.h"
#include "engine/host/machine/clock.h"
#include "engine/io/files/atomic_file.h"
#include "engine/io/files/paths.h"

namespace diptych::host {
namespace {

namespace fs = std::filesystem;
constexpr size_t token_bytes = 32;

[[noreturn]] void fail(const fs::path& path, int error) {
  throw Error(ErrorCategory::io, "cannot write the host's token", path.string(), std::strerror(error),
              "make the folder writable or choose another file with --token-file");
}

bool is_token(std::string_view text) {
  return text.size() == 2 * token_bytes && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

void create(const fs::path& path, const std::string& token) {
  const fs::path temporary = path.string() + "." + random_hex(4);
  const int fd = open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) fail(path, errno);
  const std::string line = token + "\n";
  const bool written = write(fd, line.data(), line.size()) == static_cast<ssize_t>(line.size()) && fsync(fd) == 0;
  const int error = errno;
  close(fd);
  if (!written || rename(temporary.c_str(), path.c_str()) != 0) {
    const int cause = written ? errno : error;
    unlink(temporary.c_str());
    fail(path, cause);
  }
}

std::string create_token(const fs::path& path) {
  if (path.has_parent_path()) {
    std::error_code error;
    const bool is_new = fs::create_directories(path.parent_path(), error);
    if (error) fail(path, error.value());
    if (is_new) fs::permissions(path.parent_path(), fs::perms::owner_all, error);
  }
  std::string token = random_hex(token_bytes);
  create(path, token);
  return token;
}

}  // namespace

fs::path default_token_file() {
  return runtime_dir() / "host.token";
}

std::string load_or_create_token(const fs::path& path) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) {
    if (errno != ENOENT) fail(path, errno);
    return create_token(path);
  }
  if ((status.st_mode & 077) != 0) {
    throw Error(ErrorCategory::unauthorized, "cannot use the host's token", path.string(), "other users can read it",
                "remove the file, a new one is made at the next start");
  }
  const std::string text = read_text_file(path, 1024);
  std::string_view token = text;
  while (token.ends_with('\n') || token.ends_with('\r')) token.remove_suffix(1);
  if (!is_token(token)) {
    throw Error(ErrorCategory::invalid_file, "cannot use the host's token", path.string(), "it holds no token",
                "remove the file, a new one is made at the next start");
  }
  return std::string(token);
}

bool equal_in_constant_time(std::string_view a, std::string_view b) {
  unsigned difference = a.size() == b.size() ? 0u : 1u;
  for (size_t i = 0; i < b.size(); ++i) {
    const unsigned char other = i < a.size() ? static_cast<unsigned char>(a[i]) : 0;
    difference |= static_cast<unsigned>(other ^ static_cast<unsigned char>(b[i]));
  }
  volatile unsigned result = difference;  // keeps the loop whole
  return result == 0;
}

}  // namespace diptych::host
