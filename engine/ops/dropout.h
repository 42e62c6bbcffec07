// Dropout (Srivastava et al. 2014): values are left out at random, the others scaled up so that the mean stays.
//
// What is left out depends on seed, purpose, turn and the value's place alone (engine/core/random.h): it is the same
// again where a layer is computed anew on the way back, and after a run was cut off and resumed.
#pragma once

#include <cstdint>
#include <memory>

#include "engine/core/context.h"
#include "engine/core/random.h"

namespace diptych {

// Shared by all layers of a part that is trained, which sets it.
struct DropoutTurn {
  bool active = false;  // else nothing is left out
  uint64_t number = 0;  // of the micro-batch
};

struct Dropout {
  double probability = 0;  // of a value to be left out, below 1
  RandomStream stream;
  std::shared_ptr<const DropoutTurn> turn;
};

// x, f32 of any shape; x itself where it is not active.
Tensor dropout(Context& ctx, const Tensor& x, const Dropout& dropout);

// y += what is left of x: dropout's way there and back. Both f32 of one shape, contiguous.
void add_undropped(Context& ctx, const Tensor& x, const Dropout& dropout, Tensor& y);

}  // namespace diptych
