// Letters of names that are ASCII by their definition.
#pragma once

#include <string>
#include <string_view>

namespace diptych {

inline std::string ascii_lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

}  // namespace diptych
