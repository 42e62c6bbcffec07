// The way back through what an adapter scales: see BlockAdapter.
#pragma once

#include "engine/core/tape.h"
#include "engine/ops/adapter.h"

namespace diptych {

bool is_gain_trained(const Tape& tape, const BlockAdapter& adapter);

// Results were y = gain * before + offset + up ranks. Adds to the gradients of gain and offset where they are trained,
// and multiplies dy [tokens, rows] by gain in place: it is the gradient of `before` then. y and ranks [tokens, rank]
// are read where the gain is trained. A row whose gain is 0 gives its gain no gradient.
void take_back_gain(Context& ctx, Tape& tape, const BlockAdapter& adapter, const Tensor& y, const Tensor& ranks,
                    Tensor dy);

}  // namespace diptych
