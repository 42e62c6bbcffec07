// Examples to batches, epoch after epoch: packed or whole, never padded, resumable at any batch.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "engine/model/batch.h"
#include "engine/train/data/data_order.h"
#include "engine/train/data/example.h"

namespace diptych::train {

// Every example is a sequence of its own, so that attention does not look from one into another, with positions from 0.
// Of preferences sequence 2k is the better answer and 2k + 1 the worse one.
struct TextBatch {
  Batch batch;
  std::vector<int32_t> labels;    // [tokens], what follows each token; no_label: nothing is learnt there
  std::vector<int64_t> examples;  // [sequences, or half of them], by index

  int64_t label_count() const;
};

std::vector<int32_t> labelled_rows(std::span<const int32_t> labels);

TextBatch text_batch(std::span<const Example> examples, std::span<const int64_t> chosen);

struct TextBatchOptions {
  int64_t batch = 1;        // packed sequences, or whole examples
  int64_t sequence = 1024;  // tokens of a packed sequence
  bool packing = true;
  bool shuffle = true;
  uint64_t seed = 0;
};

class TextBatches {
 public:
  // `examples` must outlive this and not change: positions count in them.
  TextBatches(std::span<const Example> examples, const TextBatchOptions& options);

  // The batch at the position, which then moves on; behind an epoch's last batch stands the next epoch's first.
  TextBatch next();
  DataPosition position() const { return position_; }
  // Goes on from a position() of the same examples and options, with the very batches that followed. Error
  // (invalid_argument) where there is no such batch.
  void seek(DataPosition position);

  int64_t batches_in(int64_t epoch) const;
  // Batches of `epochs` epochs, the last one in part: what a run of them does.
  int64_t batches_of(double epochs) const;

 private:
  using Plan = std::vector<std::vector<int64_t>>;  // each batch's examples
  Plan plan(int64_t epoch) const;
  void enter(int64_t epoch);

  std::span<const Example> examples_;
  TextBatchOptions options_;
  DataOrder order_;
  DataPosition position_;
  int64_t planned_epoch_ = -1;
  Plan plan_;
};

}  // namespace diptych::train
