#include "engine/ops/experts.h"

#include "engine/ops/backward/products.h"
#include "engine/ops/backward/record.h"
#include "engine/ops/gradient_kernels.h"
#include "engine/ops/weight_stream.h"

namespace diptych {
namespace {

// Rows [begin, end) of a gradient, or empty where there is none.
Tensor rows_of(const Tensor& gradient, int64_t begin, int64_t end) {
  return gradient ? gradient.slice(0, begin, end) : gradient;
}

}  // namespace

void record_expert_linear(Context& ctx, const Tensor& x, std::span<const Linear> experts, const ExpertRouting& routing,
                          const Tensor& y) {
  bool needs_x = false;
  for (const Linear& expert : experts) needs_x = needs_x || is_trained(ctx, expert);
  ctx.tape->record({y}, [kept = needs_x ? x : Tensor(), place = Place(x),
                         layers = std::vector<Linear>(experts.begin(), experts.end()), offsets = routing.offsets,
                         y = Place(y)](Context& c, Tape& tape) {
    const Tensor dy = tape.gradient_of(y);
    if (!dy) return;
    const Tensor dx = tape.add_to(c, place);
    for (size_t e = 0; e < layers.size(); ++e) {
      const int64_t begin = offsets[e], end = offsets[e + 1];
      if (begin == end) continue;
      int64_t column = 0;
      for (const RowBlock& block : layers[e].blocks) {
        const int64_t first = column;
        column += block.weight.rows;
        const Tensor of_block = dy.slice(0, begin, end).slice(1, first, column);
        const Weight weight = block.weight.streamed && dx ? in_memory(c, block.weight) : block.weight;
        if (dx) add_times_weight(c, of_block, weight, rows_of(dx, begin, end));
        if (weight.packed && tape.tracks(weight.packed)) {
          add_weight_gradient(c, of_block, rows_of(kept, begin, end), tape.add_to(c, weight.packed));
        }
        if (Tensor dbias = tape.add_to(c, block.bias)) gradient_kernels(c).add_column_sums(c.pool(), of_block, dbias);
      }
    }
  });
}

void record_combine_experts(Context& ctx, const Tensor& y, const ExpertRouting& routing, const Tensor& sum) {
  ctx.tape->record({sum}, [y, routing, sum = Place(sum)](Context& c, Tape& tape) {
    const Tensor dsum = tape.gradient_of(sum);
    if (!dsum) return;
    const auto elements = static_cast<double>(y.elements());
    c.declare("combine_experts_backward",
              {.flops = 4 * elements, .read_bytes = 8 * elements, .written_bytes = 4 * elements});
    std::vector<float> dweights(routing.weights.size());
    Tensor dy = tape.add_to(c, y);
    gradient_kernels(c).combine_experts(c.pool(), y, dsum, routing, dy, dweights);
    if (Tensor dlogits = tape.add_to(c, routing.logits)) {
      gradient_kernels(c).choose_experts(c.pool(), routing, dweights, dlogits);
    }
  });
}

void record_side_by_side(Context& ctx, const std::vector<Tensor>& products, const Tensor& y) {
  ctx.tape->record(
      {y}, [parts = std::vector<Place>(products.begin(), products.end()), y = Place(y)](Context& c, Tape& tape) {
        const Tensor dy = tape.gradient_of(y);
        if (!dy) return;
        int64_t column = 0;
        for (const Place& part : parts) {
          const int64_t first = column;
          column += part.layout.shape[1];
          Tensor target = tape.add_to(c, part);
          if (target) gradient_kernels(c).add_scaled(c.pool(), dy.slice(1, first, column), 1.0f, target);
        }
      });
}

}  // namespace diptych
