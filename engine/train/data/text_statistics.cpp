#include "engine/train/data/text_statistics.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <unordered_map>

namespace diptych::train {

Percentiles percentiles(std::vector<int64_t> values) {
  Percentiles result;
  if (values.empty()) return result;
  std::ranges::sort(values);
  const auto at = [&](double share) {
    const auto rank = static_cast<size_t>(std::ceil(share * static_cast<double>(values.size())));
    return values[std::max<size_t>(rank, 1) - 1];
  };
  result.least = values.front();
  result.p5 = at(0.05);
  result.p25 = at(0.25);
  result.median = at(0.5);
  result.p75 = at(0.75);
  result.p95 = at(0.95);
  result.p99 = at(0.99);
  result.most = values.back();
  const double sum = std::accumulate(values.begin(), values.end(), 0.0,
                                     [](double total, int64_t value) { return total + static_cast<double>(value); });
  result.mean = sum / static_cast<double>(values.size());
  return result;
}

void find_duplicates(std::span<const TextRecord> records, TextStatistics& statistics) {
  constexpr size_t most_listed = 100;
  std::unordered_map<std::string, size_t> seen;
  for (size_t i = 0; i < records.size(); ++i) {
    const auto [first, is_new] = seen.emplace(content_hash(records[i]), i);
    if (is_new) continue;
    ++statistics.duplicates;
    if (statistics.first_duplicates.size() < most_listed)
      statistics.first_duplicates.push_back({records[first->second].origin, records[i].origin});
  }
}

}  // namespace diptych::train
