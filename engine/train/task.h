// What is trained on what: a task gives the loss of the next micro-batch, knows where in its data it stands, and writes
// what was learnt.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

#include "engine/train/data/data_order.h"
#include "engine/train/trained_part.h"

namespace diptych::train {

// Of what a task's losses have seen.
struct Seen {
  int64_t tokens = 0, images = 0;
};

class Task {
 public:
  virtual ~Task() = default;

  virtual TrainedPart& part() = 0;

  // The loss of the next micro-batch, f32 [1], times `factor`. Moves on in the data.
  virtual Tensor next_loss(Context& ctx, float factor) = 0;
  virtual Seen seen() const = 0;  // so far

  virtual DataPosition position() const = 0;
  virtual void seek(DataPosition position) = 0;
  virtual int64_t micro_batches_of(double epochs) const = 0;

  // The mean over what is held out; none where nothing is.
  virtual std::optional<double> validation_loss(Context& ctx) = 0;

  // The most memory that what was made of it in between took, where the arena does not tell; 0: nothing was.
  virtual int64_t sampling_peak_bytes() const { return 0; }

  // What others load: an adapter, or the model's weights. Error (io).
  virtual void write_result(Context& ctx, const std::filesystem::path& folder) = 0;
  virtual int64_t result_bytes() const = 0;
  // What belongs beside the result of a whole run, and not into each checkpoint. Error (io).
  virtual void complete_result(const std::filesystem::path& /*folder*/) {}
};

}  // namespace diptych::train
