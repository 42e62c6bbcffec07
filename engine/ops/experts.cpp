#include "engine/ops/experts.h"

#include <algorithm>
#include <cmath>

#include "engine/ops/adapter.h"
#include "engine/ops/backward/record.h"
#include "engine/ops/kernel_table.h"
#include "engine/ops/weight_stream.h"

namespace diptych {
namespace {

// Experts that tokens choose by chance, of which each chooses several.
double expected_experts(double experts, double per_token, double tokens) {
  return experts * (1 - std::pow(1 - per_token / experts, tokens));
}

[[maybe_unused]] int64_t expert_count(const ExpertRouting& routing) {
  return static_cast<int64_t>(routing.offsets.size()) - 1;
}

}  // namespace

ExpertRouting route(Context& ctx, const Tensor& logits, int64_t per_token, bool normalised) {
  assert(logits.shape().rank() == 2 && logits.dtype() == DType::f32 && logits.contiguous());
  const int64_t tokens = logits.dim(0), experts = logits.dim(1);
  assert(per_token > 0 && per_token <= experts);
  const auto values = static_cast<double>(logits.elements());
  const bool recorded =
      ctx.declare_differentiable("route", {.flops = 12 * values, .read_bytes = 4 * values}, {&logits});
  const auto choices = static_cast<size_t>(tokens * per_token);
  ExpertRouting routing;
  routing.per_token = per_token;
  routing.normalised = normalised;
  if (recorded) routing.logits = logits;
  routing.weights.assign(choices, 1.0f / static_cast<float>(per_token));
  std::vector<int32_t> chosen(choices);  // [tokens * per_token]
  for (size_t i = 0; i < choices; ++i) chosen[i] = static_cast<int32_t>(i % static_cast<size_t>(experts));
  kernel_table(ctx).choose_experts(ctx.pool(), logits, per_token, normalised, chosen, routing.weights);
  routing.offsets.assign(static_cast<size_t>(experts) + 1, 0);
  for (const int32_t expert : chosen) ++routing.offsets[static_cast<size_t>(expert) + 1];
  for (size_t e = 1; e < routing.offsets.size(); ++e) routing.offsets[e] += routing.offsets[e - 1];
  std::vector<int64_t> next(routing.offsets.begin(), routing.offsets.end() - 1);
  routing.rows.resize(choices);
  routing.places.resize(choices);
  for (size_t i = 0; i < choices; ++i) {
    const int64_t place = next[static_cast<size_t>(chosen[i])]++;
    routing.places[i] = static_cast<int32_t>(place);
    routing.rows[static_cast<size_t>(place)] = static_cast<int32_t>(i / static_cast<size_t>(per_token));
  }
  return routing;
}

Tensor expert_linear(Context& ctx, const Tensor& x, std::span<const Linear> experts, const ExpertRouting& routing) {
  const int64_t choices = x.dim(0), cols = x.dim(1), rows = experts.front().rows();
  assert(static_cast<int64_t>(experts.size()) == expert_count(routing) && x.contiguous());
  assert(choices == static_cast<int64_t>(routing.rows.size()));
  double weight_bytes = 0;
  for (const Linear& expert : experts) {
    for (const RowBlock& block : expert.blocks) weight_bytes += static_cast<double>(block.weight.bytes());
  }
  const auto count = static_cast<double>(experts.size());
  const double read =
      expected_experts(count, static_cast<double>(routing.per_token), static_cast<double>(choices / routing.per_token));
  const bool quantized = is_quantized(experts.front().blocks.front().weight.dtype);
  const double flops = 2.0 * static_cast<double>(choices) * static_cast<double>(rows) * static_cast<double>(cols);
  const bool through = ctx.declare_differentiable("expert_linear",
                                                  {.flops = flops,
                                                   .int8_flops = quantized ? flops : 0,
                                                   .weight_bytes = weight_bytes / count * read,
                                                   .read_bytes = static_cast<double>(x.bytes()),
                                                   .written_bytes = 4.0 * static_cast<double>(choices * rows)},
                                                  {&x});
  const bool recorded = through || std::ranges::any_of(experts, [&](const Linear& expert) {
                          return is_trained(ctx, expert) || is_adapter_trained(ctx, expert);
                        });
  const KernelTable& table = kernel_table(ctx);
  Tensor y = ctx.output({choices, rows});
  if (recorded) record_expert_linear(ctx, x, experts, routing, y);  // adapters change y in place behind it
  const std::vector<RowBlock>& first = experts.front().blocks;
  std::vector<Tensor> prepared;  // of each block's type
  for (const RowBlock& block : first) {
    const DType type = block.weight.dtype;
    const int64_t row_bytes = table.prepared_row_bytes(type, cols);
    if (row_bytes == 0) {
      prepared.push_back(x);
    } else if (!prepared.empty() &&
               table.activation_format(first.front().weight.dtype) == table.activation_format(type)) {
      prepared.push_back(prepared.front());
    } else {
      prepared.push_back(ctx.output({choices, row_bytes}, DType::u8, Owner::workspace));
      table.prepare(ctx.pool(), type, x, prepared.back());
    }
  }
  for (size_t e = 0; e < experts.size(); ++e) {
    const int64_t begin = routing.offsets[e], end = routing.offsets[e + 1];
    if (begin == end) continue;
    const Linear layer = is_streamed(experts[e]) ? in_memory(ctx, experts[e]) : experts[e];
    Tensor some = y.slice(0, begin, end);
    int64_t column = 0;
    for (size_t b = 0; b < layer.blocks.size(); ++b) {
      const RowBlock& block = layer.blocks[b];
      assert(block.weight.dtype == first[b].weight.dtype && block.weight.rows == first[b].weight.rows);
      table.matmul(ctx.pool(), {&block, 1}, prepared[b].slice(0, begin, end), true, some, column);
      column += block.weight.rows;
    }
    add_adapters(ctx, x.slice(0, begin, end), experts[e], some);
  }
  return y;
}

Tensor combine_experts(Context& ctx, const Tensor& y, const ExpertRouting& routing) {
  assert(y.shape().rank() == 2 && y.contiguous() && y.dim(0) == static_cast<int64_t>(routing.places.size()));
  const auto values = static_cast<double>(y.elements());
  Tensor sum = ctx.output({y.dim(0) / routing.per_token, y.dim(1)});
  const bool recorded = ctx.declare_differentiable(
      "combine_experts",
      {.flops = 2 * values, .read_bytes = 4 * values, .written_bytes = 4 * static_cast<double>(sum.elements())},
      {&y, &routing.logits});
  kernel_table(ctx).combine_experts(ctx.pool(), y, routing.per_token, routing.places, routing.weights, sum);
  if (recorded) record_combine_experts(ctx, y, routing, sum);
  return sum;
}

}  // namespace diptych
