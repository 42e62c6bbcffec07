#include "engine/model/adapters.h"

#include <utility>
#include <vector>

#include "engine/model/matrix_change.h"
#include "engine/ops/adapter_math.h"

namespace diptych {
namespace {

using Contributions = std::vector<Contribution>;

void rewrite_vector(Context& ctx, WeightTarget& target, const Contributions& contributions) {
  Tensor sum = stored_rows(ctx, target);
  for (const Contribution& one : contributions) {
    // A norm's weight is changed by `diff`, a bias by its own parts.
    const bool bias = target.name.ends_with(".bias");
    const Tensor delta =
        bias ? adapter_bias(ctx, *one.adapter, *one.layer) : adapter_delta(ctx, *one.adapter, *one.layer, true).dense;
    add_scaled_rows(ctx, sum, rows_for(ctx, delta, target, one),
                    std::vector<float>(static_cast<size_t>(target.rows), one.strength));
  }
  for (int64_t i = 0; i < target.rows && !ctx.is_meta(); ++i) {
    target.values.data<float>()[i] = sum.data<float>()[i] + target.offset;
  }
}

bool is_merged(const WeightTarget& target, AdapterMode mode) {
  // What is read anew at every use keeps nothing that was added to it.
  if (is_quantized(target.weight.dtype) || target.weight.streamed || mode == AdapterMode::on_the_fly) return false;
  return mode == AdapterMode::merged || target.weight.dtype == DType::f32;
}

// The target has these contributions and no others; none: the file's values.
void change(Context& ctx, WeightTarget& target, const Contributions& contributions, AdapterMode mode) {
  const bool any = !contributions.empty();
  if (target.is_vector()) {
    if (any || target.rewritten) rewrite_vector(ctx, target, contributions);
    target.rewritten = any;
    return;
  }
  const bool merged = any && is_merged(target, mode);
  *target.adapter = {};
  MatrixChange sum(ctx, target);
  for (const Contribution& one : contributions) sum.add(one, merged);
  if (merged || target.rewritten) {
    target.rewritten = true;  // until it is whole again
    repack(ctx, target.weight, kernel_of(target), merged ? sum.merged() : stored_rows(ctx, target));
    target.rewritten = merged;
  }
  if (any && !merged) *target.adapter = sum.on_the_fly();
}

// Biases before the matrices whose gains must leave them alone.
void change_all(Context& ctx, std::span<const ModelPart> parts, const AdapterMatch& match, AdapterMode mode) {
  static const Contributions none;
  for (const bool vectors : {true, false}) {
    for (const ModelPart& part : parts) {
      for (const auto& target : part.targets->all()) {
        if (target->is_vector() != vectors) continue;
        ctx.cancel.throw_if_cancelled();
        const auto found = match.changes.find(target.get());
        change(ctx, *target, found == match.changes.end() ? none : found->second, mode);
      }
    }
  }
}

}  // namespace

AdapterReport apply_adapters(Context& ctx, std::span<const ModelPart> parts, std::span<const AdapterUse> uses,
                             AdapterMode mode) {
  AdapterMatch match = match_adapters(parts, uses);
  try {
    change_all(ctx, parts, match, mode);
  } catch (...) {
    const CancelToken cancel = std::exchange(ctx.cancel, {});
    change_all(ctx, parts, {}, mode);
    ctx.cancel = cancel;
    throw;
  }
  return match.report;
}

}  // namespace diptych
