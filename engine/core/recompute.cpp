#include "engine/core/recompute.h"

#include <utility>

#include "engine/core/tape.h"

namespace diptych {
namespace {

// part(ctx, x) under a tape that is in place until it returns or throws.
std::vector<Tensor> under(Context& ctx, Tape& tape, const RecomputedPart& part, std::span<const Tensor> x) {
  struct Put {
    Context& ctx;
    Tape* before;
    ~Put() { ctx.tape = before; }
  };
  const Put put{ctx, std::exchange(ctx.tape, &tape)};
  return part(ctx, x);
}

}  // namespace

std::vector<Tensor> recomputed(Context& ctx, std::vector<Tensor> x, const RecomputedPart& part) {
  if (ctx.tape == nullptr || !ctx.tape->recompute) return part(ctx, x);
  Tape probe(*ctx.tape, Tape::probing);
  std::vector<Tensor> results = under(ctx, probe, part, x);
  std::vector<Tensor> tracked;
  bool carries = probe.touched();
  for (const Tensor& one : x) carries = carries || (one && ctx.tape->tracks(one));
  for (const Tensor& one : results) {
    if (one) tracked.push_back(one);
  }
  if (!carries) return results;
  std::vector<Place> places;
  for (const Tensor& one : results) places.emplace_back(one);
  ctx.tape->record(tracked, [part, x = std::move(x), places](Context& c, Tape& outer) {
    Tape inner(outer);
    const std::vector<Tensor> again = under(c, inner, part, x);
    std::vector<Tensor> outputs, gradients;
    for (size_t i = 0; i < again.size(); ++i) {
      const Tensor gradient = places[i] ? outer.gradient_of(places[i]) : Tensor();
      if (!gradient || !inner.tracks(again[i])) continue;
      outputs.push_back(again[i]);
      gradients.push_back(gradient);
    }
    if (!outputs.empty()) inner.backward(c, outputs, std::move(gradients));
  });
  return results;
}

Tensor recomputed(Context& ctx, const Tensor& x, const std::function<Tensor(Context& ctx, const Tensor& x)>& part) {
  if (ctx.tape == nullptr || !ctx.tape->recompute) return part(ctx, x);
  return recomputed(ctx, std::vector<Tensor>{x},
                    [part](Context& c, std::span<const Tensor> inputs) {
                      return std::vector<Tensor>{part(c, inputs.front())};
                    })
      .front();
}

}  // namespace diptych
