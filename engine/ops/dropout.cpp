#include "engine/ops/dropout.h"

#include <algorithm>

#include "engine/ops/backward/products.h"
#include "engine/ops/backward/record.h"

namespace diptych {
namespace {

constexpr int64_t values_of_range = int64_t{1} << 14;  // even: two values share a draw

}  // namespace

void add_undropped(Context& ctx, const Tensor& x, const Dropout& dropout, Tensor& y) {
  assert(x.shape() == y.shape() && x.contiguous() && y.contiguous() && x.dtype() == DType::f32);
  assert(dropout.probability >= 0 && dropout.probability < 1);
  const auto elements = static_cast<double>(x.elements());
  ctx.declare("dropout", {.flops = 2 * elements, .read_bytes = 8 * elements, .written_bytes = 4 * elements});
  if (ctx.is_meta()) return;
  const auto least = static_cast<uint64_t>(dropout.probability * 4294967296.0);  // of 32 bits, for a value that stays
  const auto scale = static_cast<float>(1 / (1 - dropout.probability));
  const uint64_t first_draw = dropout.turn->number << 32;
  const float* from = x.data<float>();
  float* to = y.data<float>();
  ctx.pool().parallel_for((x.elements() + 1) / 2, values_of_range / 2, [&](int64_t begin, int64_t end) {
    for (int64_t pair = begin; pair < end; ++pair) {
      const uint64_t bits = dropout.stream.bits(first_draw + static_cast<uint64_t>(pair));
      const int64_t i = 2 * pair;
      if ((bits & 0xffffffff) >= least) to[i] += scale * from[i];
      if (i + 1 < x.elements() && (bits >> 32) >= least) to[i + 1] += scale * from[i + 1];
    }
  });
}

Tensor dropout(Context& ctx, const Tensor& x, const Dropout& dropout) {
  if (!dropout.turn->active) return x;
  Tensor y = zeros(ctx, x.shape(), Owner::activations);
  add_undropped(ctx, x, dropout, y);
  if (ctx.tape != nullptr && ctx.tape->tracks(x)) record_dropout(ctx, x, dropout, y);
  return y;
}

void record_dropout(Context& ctx, const Tensor& x, const Dropout& dropout, const Tensor& y) {
  ctx.tape->record({y}, [x = Place(x), dropout, y = Place(y)](Context& c, Tape& tape) {
    const Tensor dy = tape.gradient_of(y);
    if (!dy) return;
    Tensor dx = tape.add_to(c, x);
    add_undropped(c, dy, dropout, dx);
  });
  ctx.tape->can_remake(
      y, [kept = ctx.tape->keep(x), dropout](Context& c) { return diptych::dropout(c, kept.get(c), dropout); });
}

}  // namespace diptych
