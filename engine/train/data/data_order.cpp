#include "engine/train/data/data_order.h"

#include <numeric>
#include <utility>

#include "engine/core/random.h"

namespace diptych::train {

void shuffle_for_epoch(std::vector<int64_t>& values, uint64_t seed, const char* purpose, int64_t epoch) {
  const RandomStream stream(seed, purpose);
  const uint64_t first = static_cast<uint64_t>(epoch) << 32;  // an epoch's draws stand apart from all others'
  for (size_t left = values.size(); left > 1; --left) {
    const auto chosen = static_cast<size_t>(stream.uniform(first + left) * static_cast<double>(left));
    std::swap(values[left - 1], values[chosen]);
  }
}

std::vector<int64_t> DataOrder::epoch(int64_t epoch) const {
  std::vector<int64_t> order(static_cast<size_t>(count_));
  std::iota(order.begin(), order.end(), 0);
  if (shuffle_) shuffle_for_epoch(order, seed_, "data order", epoch);
  return order;
}

}  // namespace diptych::train
