#include "engine/diffusion/solvers/name_table.h"

#include <cctype>

namespace diptych::diffusion {

std::string plain_name(std::string_view name) {
  std::string plain;
  for (size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    if (name.substr(i).starts_with("++")) {
      plain += "pp";
      ++i;
    } else if (c == ' ' || c == '-' || c == '_') {
      if (!plain.empty() && plain.back() != '_') plain += '_';
    } else {
      plain += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    }
  }
  return plain;
}

}  // namespace diptych::diffusion
