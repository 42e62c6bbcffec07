#include "engine/core/gigabytes.h"

#include <algorithm>
#include <cstdio>

namespace diptych {

std::string gigabytes(int64_t bytes) {
  char text[32];
  const double gb = static_cast<double>(std::max<int64_t>(bytes, 0)) / 1e9;
  std::snprintf(text, sizeof(text), gb < 0.1 ? "%.4f GB" : "%.2f GB", gb);
  return text;
}

}  // namespace diptych
