// What an adapter's layer adds to a weight, from the tensors of its file:
//   LoRA (Hu et al. 2021)              up down, with a convolution's core between where there is one (LoCon)
//   LoHa (Hyeon-Woo et al. 2022)       (w1_a w1_b) * (w2_a w2_b), value by value
//   LoKr (Edalati et al. 2022)         the Kronecker product of w1 and w2, each whole or in two factors
//   full                               diff
// LyCORIS (Yeh et al. 2023) defines the layouts. A convolution's columns are in the file's order, [channels, y, x].
#pragma once

#include <string>
#include <vector>

#include "engine/core/context.h"
#include "engine/model/adapter_file.h"

namespace diptych {

struct AdapterForm {
  int64_t rows = 0;
  int64_t cols = 0;  // 0: only the bias is changed
};

// Error (invalid_file) names the layer whose tensors do not belong together.
AdapterForm adapter_form(const Adapter& adapter, const AdapterLayer& layer);

// Either up and down, or dense; both times the scale that the file gives (alpha / rank).
struct AdapterDelta {
  Tensor up, down;  // f32 [rows, rank], [rank, cols]
  Tensor dense;     // f32 [rows, cols]
  float scale = 1;

  explicit operator bool() const { return up || dense; }
};

// `dense`: multiplied out; else only where that is less to compute with than factors. Empty where only the bias is
// changed.
AdapterDelta adapter_delta(Context& ctx, const Adapter& adapter, const AdapterLayer& layer, bool dense);

// f32 [rows, 1], what is added to the bias, scale included; empty: nothing.
Tensor adapter_bias(Context& ctx, const Adapter& adapter, const AdapterLayer& layer);

// DoRA's magnitudes; empty values: the layer has none.
struct AdapterMagnitude {
  std::vector<float> values;  // zeros on meta
  bool of_columns = false;    // one for each of the input's channels, in place of one for each row
};
AdapterMagnitude adapter_magnitude(Context& ctx, const Adapter& adapter, const AdapterLayer& layer);

}  // namespace diptych
