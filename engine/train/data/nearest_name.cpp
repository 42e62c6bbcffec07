#include "engine/train/data/nearest_name.h"

#include <algorithm>
#include <vector>

namespace diptych::train {
namespace {

size_t edits(std::string_view a, std::string_view b) {
  std::vector<std::vector<size_t>> cost(a.size() + 1, std::vector<size_t>(b.size() + 1));
  for (size_t i = 0; i <= a.size(); ++i) cost[i][0] = i;
  for (size_t j = 0; j <= b.size(); ++j) cost[0][j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replaced = cost[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      cost[i][j] = std::min({cost[i - 1][j] + 1, cost[i][j - 1] + 1, replaced});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
    }
  }
  return cost[a.size()][b.size()];
}

}  // namespace

std::string nearest_name(std::string_view typed, std::span<const std::string> known) {
  constexpr size_t longest = 64;  // no name is longer; what was typed may be anything
  if (typed.size() > longest) return {};
  std::string nearest;
  size_t fewest = 1 + std::max<size_t>(1, typed.size() / 3);
  for (const std::string& name : known) {
    const size_t away = edits(typed, name);
    if (away < fewest) {
      fewest = away;
      nearest = name;
    }
  }
  return nearest;
}

}  // namespace diptych::train
