#include "engine/ops/loss.h"

#include <algorithm>
#include <numeric>
#include <optional>
#include <vector>

#include "engine/core/error.h"
#include "engine/ops/backward/products.h"
#include "engine/ops/backward/record.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/gradient_kernels.h"
#include "engine/ops/kernel_table.h"

namespace diptych {
namespace {

// Held at once: 64 MiB, and as much for capped ones. For every such piece the output layer is transposed once.
constexpr int64_t logit_values = int64_t{1} << 24;

Tensor upload(Context& ctx, std::span<const float> values) {
  Tensor tensor = ctx.output({static_cast<int64_t>(values.size())}, DType::f32, Owner::workspace);
  if (!ctx.is_meta()) std::ranges::copy(values, tensor.data<float>());
  return tensor;
}

// In the order of the rows, in f64.
void store_sum(Context& ctx, const Tensor& losses, Tensor& loss) {
  if (ctx.is_meta()) return;
  const std::span<const float> values = losses.span<float>();
  *loss.data<float>() = static_cast<float>(std::accumulate(values.begin(), values.end(), 0.0));
}

bool head_is_trained(const Context& ctx, const OutputHead& head) {
  return is_trained(ctx, head.layer) || is_adapter_trained(ctx, head.layer);
}

void check_labels(std::span<const int32_t> labels, int64_t vocabulary) {
  for (const int32_t label : labels) {
    if (label >= 0 && label < vocabulary) continue;
    throw Error(ErrorCategory::invalid_argument, "cannot train on label", std::to_string(label),
                "the model has tokens 0 to " + std::to_string(vocabulary - 1),
                "check that the tokenizer belongs to the model");
  }
}

// Logits, capped where the head says so.
struct Logits {
  Tensor plain, capped;  // the same where there is no cap
};

Logits logits_of(Context& ctx, const Tensor& hidden, const OutputHead& head) {
  Logits logits;
  logits.plain = logits.capped = linear(ctx, hidden, head.layer);
  if (head.softcap > 0) logits.capped = soft_cap(ctx, logits.plain, head.softcap);
  return logits;
}

// body(begin, end) for as many rows at a time as logits are held for.
template <typename Body>
void for_rows(int64_t rows, int64_t vocabulary, const Body& body) {
  const int64_t step = std::clamp<int64_t>(logit_values / vocabulary, 1, std::max<int64_t>(1, rows));
  for (int64_t begin = 0; begin < rows; begin += step) body(begin, std::min(begin + step, rows));
}

}  // namespace

Tensor cross_entropy(Context& ctx, const Tensor& hidden, const OutputHead& head, std::span<const int32_t> labels,
                     std::span<const float> factors) {
  const int64_t rows = hidden.dim(0), vocabulary = head.layer.rows();
  assert(hidden.shape().rank() == 2 && static_cast<int64_t>(labels.size()) == rows && factors.size() == labels.size());
  check_labels(labels, vocabulary);
  const double each = static_cast<double>(rows) * static_cast<double>(vocabulary);
  const bool carried = ctx.declare_differentiable(
      "cross_entropy", {.flops = 12 * each, .read_bytes = 8 * each, .written_bytes = 4 * each}, {&hidden});
  const bool recorded = carried || head_is_trained(ctx, head);
  Tensor loss = ctx.output({1}), losses = ctx.output({rows}, DType::f32, Owner::workspace);
  const Tensor scales = upload(ctx, factors);
  const Tensor dhidden = carried ? zeros(ctx, hidden.shape(), Owner::gradients) : Tensor();
  const PausedTape paused(ctx);
  for_rows(rows, vocabulary, [&](int64_t begin, int64_t end) {
    const Tensor some = hidden.slice(0, begin, end);
    const auto some_labels = labels.subspan(static_cast<size_t>(begin), static_cast<size_t>(end - begin));
    Tensor some_losses = losses.slice(0, begin, end);
    // A tape of their own, whose other gradients are the outer one's.
    std::optional<Tape> tape;
    if (recorded) {
      tape.emplace(*paused.tape());
      if (carried) tape->watch(hidden, dhidden);
      ctx.tape = &*tape;
    }
    Logits logits = logits_of(ctx, some, head);
    ctx.tape = nullptr;
    Tensor gradient = logits.capped;  // in place: nothing on the way back reads them after the cap
    gradient_kernels(ctx).softmax_cross_entropy(ctx.pool(), some_labels, scales.slice(0, begin, end), gradient,
                                                some_losses);
    if (recorded) tape->backward(ctx, logits.capped, gradient);
  });
  store_sum(ctx, losses, loss);
  if (carried) {
    paused.tape()->record({loss}, [dhidden, hidden = Place(hidden)](Context& c, Tape& tape) {
      Tensor target = tape.add_to(c, hidden);
      gradient_kernels(c).add_scaled(c.pool(), dhidden, 1.0f, target);
    });
  }
  return loss;
}

Tensor label_log_probabilities(Context& ctx, const Tensor& hidden, const OutputHead& head,
                               std::span<const int32_t> labels) {
  const int64_t rows = hidden.dim(0), vocabulary = head.layer.rows();
  assert(static_cast<int64_t>(labels.size()) == rows);
  check_labels(labels, vocabulary);
  const PausedTape paused(ctx);
  Tensor result = ctx.output({rows});
  const Tensor scales = upload(ctx, std::vector<float>(labels.size(), -1.0f));
  for_rows(rows, vocabulary, [&](int64_t begin, int64_t end) {
    Logits logits = logits_of(ctx, hidden.slice(0, begin, end), head);
    Tensor part = result.slice(0, begin, end);
    gradient_kernels(ctx).softmax_cross_entropy(
        ctx.pool(), labels.subspan(static_cast<size_t>(begin), static_cast<size_t>(end - begin)),
        scales.slice(0, begin, end), logits.capped, part);
  });
  return result;
}

Tensor mean_squared_error(Context& ctx, const Tensor& x, const Tensor& target, std::span<const float> factors) {
  const int64_t rows = x.dim(0);
  assert(x.shape() == target.shape() && x.contiguous() && target.contiguous() &&
         static_cast<int64_t>(factors.size()) == rows);
  const auto elements = static_cast<double>(x.elements());
  const bool recorded =
      ctx.declare_differentiable("mean_squared_error", {.flops = 3 * elements, .read_bytes = 8 * elements}, {&x});
  Tensor loss = ctx.output({1}), losses = ctx.output({rows}, DType::f32, Owner::workspace);
  const Tensor scales = upload(ctx, factors);
  gradient_kernels(ctx).squared_errors(ctx.pool(), x, target, scales, losses);
  store_sum(ctx, losses, loss);
  if (!recorded) return loss;
  ctx.tape->record({loss}, [x, target, scales](Context& c, Tape& tape) {
    Tensor dx = tape.add_to(c, x);
    gradient_kernels(c).add_error_gradients(c.pool(), x, target, scales, dx);
  });
  return loss;
}

}  // namespace diptych
