#include "engine/train/data/text_batches.h"

#include <algorithm>
#include <cassert>
#include <numeric>

#include "engine/train/data/packing.h"

namespace diptych::train {

int64_t TextBatch::label_count() const {
  return std::ranges::count_if(labels, [](int32_t label) { return label != no_label; });
}

std::vector<int32_t> labelled_rows(std::span<const int32_t> labels) {
  std::vector<int32_t> rows;
  for (size_t row = 0; row < labels.size(); ++row)
    if (labels[row] != no_label) rows.push_back(static_cast<int32_t>(row));
  return rows;
}

TextBatch text_batch(std::span<const Example> examples, std::span<const int64_t> chosen) {
  TextBatch result;
  Batch& batch = result.batch;
  batch.sequence_offsets.push_back(0);
  for (const int64_t index : chosen) {
    result.examples.push_back(index);
    for (const TokenSequence& sequence : examples[static_cast<size_t>(index)].sequences) {
      batch.tokens.insert(batch.tokens.end(), sequence.tokens.begin(), sequence.tokens.end());
      result.labels.insert(result.labels.end(), sequence.labels.begin(), sequence.labels.end());
      const size_t begin = batch.positions.size();
      batch.positions.resize(batch.tokens.size());
      std::iota(batch.positions.begin() + static_cast<std::ptrdiff_t>(begin), batch.positions.end(), 0);
      batch.sequence_offsets.push_back(batch.token_count());
    }
  }
  return result;
}

TextBatches::TextBatches(std::span<const Example> examples, const TextBatchOptions& options)
    : examples_(examples), options_(options), order_(options.seed, std::ssize(examples), options.shuffle) {
  assert(!examples.empty() && options.batch > 0);
}

TextBatches::Plan TextBatches::plan(int64_t epoch) const {
  const std::vector<int64_t> order = order_.epoch(epoch);
  Plan units;  // what a batch has `batch` of
  if (options_.packing) {
    std::vector<int64_t> lengths;
    for (const int64_t index : order) lengths.push_back(examples_[static_cast<size_t>(index)].length());
    units = pack_first_fit(lengths, options_.sequence);
    for (auto& unit : units)
      for (int64_t& place : unit) place = order[static_cast<size_t>(place)];
  } else {
    for (const int64_t index : order) units.push_back({index});
  }
  Plan batches;
  for (size_t i = 0; i < units.size(); ++i) {
    if (i % static_cast<size_t>(options_.batch) == 0) batches.emplace_back();
    batches.back().insert(batches.back().end(), units[i].begin(), units[i].end());
  }
  return batches;
}

void TextBatches::enter(int64_t epoch) {
  if (planned_epoch_ == epoch) return;
  plan_ = plan(epoch);
  planned_epoch_ = epoch;
}

TextBatch TextBatches::next() {
  enter(position_.epoch);
  TextBatch batch = text_batch(examples_, plan_[static_cast<size_t>(position_.batch)]);
  if (++position_.batch == std::ssize(plan_)) position_ = {position_.epoch + 1, 0};
  return batch;
}

void TextBatches::seek(DataPosition position) {
  const bool possible = position.epoch >= 0 && position.batch >= 0;
  if (possible) enter(position.epoch);
  if (!possible || position.batch >= std::ssize(plan_)) refuse_position(position);
  position_ = position;
}

int64_t TextBatches::batches_in(int64_t epoch) const {
  return epoch == planned_epoch_ ? std::ssize(plan_) : std::ssize(plan(epoch));
}

int64_t TextBatches::batches_of(double epochs) const {
  return batches_of_epochs(epochs, [&](int64_t epoch) { return batches_in(epoch); });
}

}  // namespace diptych::train
