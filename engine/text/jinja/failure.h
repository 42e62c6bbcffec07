// How evaluation ends early. ChatTemplate turns both into diptych::Error with the template's name and the line.
#pragma once

#include <stdexcept>
#include <string>

namespace diptych::jinja {

// The source is no template. `line` counts from 1.
struct SyntaxFailure : std::runtime_error {
  SyntaxFailure(const std::string& why, int at_line) : std::runtime_error(why), line(at_line) {}
  int line;
};

// The template refused (raise_exception), or did what Python would refuse.
struct Failure : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// The template wanted more than its limits.
struct LimitFailure : std::runtime_error {
  using std::runtime_error::runtime_error;
};

[[noreturn]] inline void fail(const std::string& why) {
  throw Failure(why);
}

}  // namespace diptych::jinja
