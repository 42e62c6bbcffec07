#include "engine/train/data/data_order.h"

#include <cmath>
#include <numeric>
#include <string>
#include <utility>

#include "engine/core/error.h"
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

void refuse_position(DataPosition position) {
  throw Error(ErrorCategory::invalid_argument, "cannot go on in the data",
              "epoch " + std::to_string(position.epoch) + ", batch " + std::to_string(position.batch),
              "there is no such batch: the data are not those that the checkpoint was made with",
              "restore the data, or begin anew");
}

int64_t batches_of_epochs(double epochs, const std::function<int64_t(int64_t epoch)>& batches_in) {
  int64_t batches = 0;
  const auto whole = static_cast<int64_t>(std::floor(epochs));
  for (int64_t epoch = 0; epoch < whole; ++epoch) batches += batches_in(epoch);
  const double rest = epochs - static_cast<double>(whole);
  if (rest > 0) batches += static_cast<int64_t>(std::ceil(rest * static_cast<double>(batches_in(whole))));
  return batches;
}

}  // namespace diptych::train
