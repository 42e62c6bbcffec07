// In which order examples are seen: every epoch once, shuffled by seed and epoch alone.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

namespace diptych::train {

// Where in the data a run stands: what a checkpoint keeps of it.
struct DataPosition {
  int64_t epoch = 0;
  int64_t batch = 0;  // of the epoch; the next one
  bool operator==(const DataPosition&) const = default;
};

class DataOrder {
 public:
  // Without `shuffle` every epoch has the order of the data.
  DataOrder(uint64_t seed, int64_t count, bool shuffle = true) : seed_(seed), count_(count), shuffle_(shuffle) {}

  int64_t count() const { return count_; }
  std::vector<int64_t> epoch(int64_t epoch) const;  // [count], every index once

 private:
  uint64_t seed_;
  int64_t count_;
  bool shuffle_;
};

// Error (invalid_argument): a checkpoint's position that the data do not have.
[[noreturn]] void refuse_position(DataPosition position);

// Batches of `epochs` epochs, the last one in part.
int64_t batches_of_epochs(double epochs, const std::function<int64_t(int64_t epoch)>& batches_in);

// Puts values into an order that depends on seed, purpose and epoch alone (Fisher & Yates).
void shuffle_for_epoch(std::vector<int64_t>& values, uint64_t seed, const char* purpose, int64_t epoch);

}  // namespace diptych::train
