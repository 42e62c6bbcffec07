#include "app/cli/progress.h"

#include <unistd.h>

#include <array>
#include <cstdio>

namespace diptych::cli {

// Elsewhere than on a terminal only what takes long is worth a line.
ProgressLine::ProgressLine()
    : terminal_(isatty(STDERR_FILENO) == 1), shown_(!terminal_), last_(std::chrono::steady_clock::now()) {}

ProgressLine::~ProgressLine() {
  clear();
}

void ProgressLine::show(const std::string& text, bool at_once) {
  const auto now = std::chrono::steady_clock::now();
  const auto interval = terminal_ ? std::chrono::milliseconds(100) : std::chrono::seconds(5);
  if (!at_once && shown_ && now - last_ < interval) return;
  last_ = now;
  shown_ = true;
  std::fprintf(stderr, terminal_ ? "\r\033[K%s" : "%s\n", text.c_str());
  std::fflush(stderr);
}

void ProgressLine::clear() {
  if (terminal_ && shown_) std::fputs("\r\033[K", stderr);
  shown_ = !terminal_;
}

std::string human_bytes(uint64_t bytes) {
  constexpr std::array<const char*, 5> units{"B", "kB", "MB", "GB", "TB"};
  double value = static_cast<double>(bytes);
  size_t unit = 0;
  while (value >= 1000 && unit + 1 < units.size()) {
    value /= 1000;
    ++unit;
  }
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(),
                unit == 0     ? "%.0f %s"
                : value < 10  ? "%.2f %s"
                : value < 100 ? "%.1f %s"
                              : "%.0f %s",
                value, units[unit]);
  return text.data();
}

}  // namespace diptych::cli
