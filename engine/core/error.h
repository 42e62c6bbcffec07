// Errors of the user and of the world (bad file, missing weight, out of memory, cancelled). Mistakes of ours assert.
#pragma once

#include <stdexcept>
#include <string>

namespace diptych {

enum class ErrorCategory {
  invalid_argument,  // the caller asked for something that makes no sense
  not_found,
  invalid_file,  // corrupt, truncated or hostile bytes
  unsupported,
  out_of_memory,
  io,           // disk full, permission, network
  unavailable,  // busy, port taken, locked by another instance, host not running
  unauthorized,
  cancelled,
  device_lost,
};

const char* error_category_name(ErrorCategory category);  // "invalid_argument", …: stable, used in JSON

// Four parts, so that every message says what was tried, on which thing, why it failed and what to do:
//   throw Error(ErrorCategory::not_found, "cannot open model", path, "no such file", "check the path or run 'diptych
//   models list'");
// what() is "<what>: <thing>: <why>; <what to do>", the line that the command prints after "diptych: error: ".
class Error : public std::runtime_error {
 public:
  Error(ErrorCategory category, std::string what, std::string thing, std::string why, std::string to_do);

  ErrorCategory category() const { return category_; }
  const std::string& action() const { return action_; }
  const std::string& thing() const { return thing_; }
  const std::string& why() const { return why_; }
  const std::string& to_do() const { return to_do_; }

 private:
  ErrorCategory category_;
  std::string action_, thing_, why_, to_do_;
};

}  // namespace diptych
