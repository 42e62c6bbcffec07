#include "engine/host/machine/clock.h"

#include <sys/random.h>

#include <array>
#include <cassert>
#include <cstdio>

#include "engine/core/error.h"

namespace diptych::host {

int64_t now_ms() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

std::string new_id(char kind) {
  std::array<char, 16> time{};
  std::snprintf(time.data(), time.size(), "%011llx", static_cast<unsigned long long>(now_ms()));
  return std::string(1, kind).append(time.data()).append(random_hex(4));
}

std::string random_hex(size_t bytes) {
  std::array<unsigned char, 64> random{};
  assert(bytes <= random.size());
  if (getrandom(random.data(), bytes, 0) != static_cast<ssize_t>(bytes)) {
    throw Error(ErrorCategory::io, "cannot make a random name", "getrandom", "the system gave no random bytes",
                "try again");
  }
  static constexpr char digits[] = "0123456789abcdef";
  std::string text;
  for (size_t i = 0; i < bytes; ++i) {
    text.push_back(digits[random[i] >> 4]);
    text.push_back(digits[random[i] & 15]);
  }
  return text;
}

}  // namespace diptych::host
