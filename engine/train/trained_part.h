// A part of a model that is trained: its parameters, and how they reach the weights that the model computes with.
//
// The order of a step: clear the gradients, forward and backward of each micro-batch (between begin_micro_batch() and
// end_micro_batch(), with the parameters watched by the tape), finish_gradients(), the optimizer's step on
// parameters(), then publish().
#pragma once

#include <cstdint>

#include "engine/core/context.h"
#include "engine/core/tape.h"
#include "engine/train/parameter.h"

namespace diptych::train {

class TrainedPart {
 public:
  virtual ~TrainedPart() = default;

  virtual Parameters& parameters() = 0;
  // `number`: of all micro-batches of the run; what is drawn for it depends on that alone.
  virtual void begin_micro_batch(uint64_t number) { static_cast<void>(number); }
  virtual void end_micro_batch() {}
  virtual void watch(Tape& tape) = 0;
  // What the tape summed becomes the gradients of parameters().
  virtual void finish_gradients(Context& ctx) = 0;
  // The model computes with the parameters' present values.
  virtual void publish(Context& ctx) = 0;
};

void clear_gradients(Context& ctx, Parameters& parameters);

}  // namespace diptych::train
