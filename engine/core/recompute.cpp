#include "engine/core/recompute.h"

#include <utility>

#include "engine/core/tape.h"

namespace diptych {

Tensor recomputed(Context& ctx, const Tensor& x, const std::function<Tensor(Context& ctx, const Tensor& x)>& part) {
  if (ctx.tape == nullptr || !ctx.tape->recompute) return part(ctx, x);
  Tape* tape = std::exchange(ctx.tape, nullptr);
  Tensor y;
  try {
    y = part(ctx, x);
  } catch (...) {
    ctx.tape = tape;
    throw;
  }
  ctx.tape = tape;
  tape->record({y}, [part, x, y = Place(y)](Context& c, Tape& outer) {
    const Tensor gradient = outer.gradient_of(y);
    if (!gradient) return;
    Tape inner(outer);
    c.tape = &inner;
    Tensor again;
    try {
      again = part(c, x);
    } catch (...) {
      c.tape = nullptr;
      throw;
    }
    c.tape = nullptr;
    if (inner.tracks(again)) inner.backward(c, again, gradient);
  });
  return y;
}

}  // namespace diptych
