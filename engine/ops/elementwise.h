// Elementwise ops and row selection, f32.
#pragma once

#include <cstdint>
#include <span>

#include "engine/core/context.h"

namespace diptych {

Tensor add(Context& ctx, const Tensor& x, const Tensor& y);  // same shape
Tensor soft_cap(Context& ctx, const Tensor& x, float cap);   // cap * tanh(x / cap)

// Rows of x [tokens, n], in the order given.
Tensor gather_rows(Context& ctx, const Tensor& x, std::span<const int32_t> rows);

// Columns [begin, end) of x [tokens, n] as a new tensor [tokens, end - begin]
Tensor columns(Context& ctx, const Tensor& x, int64_t begin, int64_t end);

}  // namespace diptych
