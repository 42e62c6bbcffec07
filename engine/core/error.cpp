#include "engine/core/error.h"

#include <utility>

namespace diptych {
namespace {

std::string sentence(const std::string& what, const std::string& thing, const std::string& why,
                     const std::string& to_do) {
  std::string line = what;
  if (!thing.empty()) line += ": " + thing;
  if (!why.empty()) line += ": " + why;
  if (!to_do.empty()) line += "; " + to_do;
  for (char& c : line) {
    if (c == '\n' || c == '\r') c = ' ';  // names come from files: one line stays one line
  }
  return line;
}

}  // namespace

const char* error_category_name(ErrorCategory category) {
  switch (category) {
    case ErrorCategory::invalid_argument:
      return "invalid_argument";
    case ErrorCategory::not_found:
      return "not_found";
    case ErrorCategory::invalid_file:
      return "invalid_file";
    case ErrorCategory::unsupported:
      return "unsupported";
    case ErrorCategory::out_of_memory:
      return "out_of_memory";
    case ErrorCategory::io:
      return "io";
    case ErrorCategory::unavailable:
      return "unavailable";
    case ErrorCategory::unauthorized:
      return "unauthorized";
    case ErrorCategory::cancelled:
      return "cancelled";
    case ErrorCategory::device_lost:
      return "device_lost";
  }
  return "unknown";
}

Error::Error(ErrorCategory category, std::string what, std::string thing, std::string why, std::string to_do)
    : std::runtime_error(sentence(what, thing, why, to_do)),
      category_(category),
      action_(std::move(what)),
      thing_(std::move(thing)),
      why_(std::move(why)),
      to_do_(std::move(to_do)) {}

}  // namespace diptych
