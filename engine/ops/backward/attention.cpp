#include "engine/core/error.h"
#include "engine/ops/backward/products.h"
#include "engine/ops/backward/record.h"
#include "engine/ops/gradient_kernels.h"
#include "engine/ops/kernel_table.h"

namespace diptych {
namespace {

void declare(Context& ctx, const Tensor& q, const KeyValues& kv) {
  double pairs = 0;  // an upper bound where masks hide some
  for (const AttentionSequence& sequence : kv.sequences) {
    pairs += static_cast<double>(sequence.query_end - sequence.query_begin) * static_cast<double>(sequence.keys);
  }
  ctx.declare("attention_backward",
              {.flops = 10.0 * static_cast<double>(q.dim(1) * q.dim(2)) * pairs,
               .read_bytes = 2.0 * static_cast<double>(q.bytes() + kv.keys.bytes() + kv.values.bytes()),
               .written_bytes = static_cast<double>(q.bytes() + kv.keys.bytes() + kv.values.bytes())});
}

// The keys of all streams, side by side for each row.
struct Joined {
  KeyValues kv;                 // [rows * keys, heads, head_dim]
  Tensor dk, dv;                // the same, zeros
  std::vector<int64_t> starts;  // of each stream's keys within a row
  int64_t keys = 0;
};

// x [tokens, heads, head_dim], rows of tokens may be strided, to y, whose rows stand side by side.
void copy_tokens(Context& ctx, const Tensor& x, Tensor& y) {
  const int64_t values = x.dim(1) * x.dim(2);
  kernel_table(ctx).copy_blocks(ctx.pool(), x,
                                {.values = values, .source_stride = x.stride(0), .target_stride = values}, y);
}

Joined join_keys(Context& ctx, const std::vector<AttentionStream>& streams, int64_t rows,
                 const std::vector<int64_t>& lengths) {
  Joined joined;
  int64_t last_tokens = 0;
  for (const AttentionStream& stream : streams) {
    joined.starts.push_back(joined.keys);
    if (!stream.k) continue;
    last_tokens = stream.k.dim(0) / rows;
    joined.keys += last_tokens;
  }
  const Tensor& some = streams.back().k;
  const Shape shape{rows * joined.keys, some.dim(1), some.dim(2)};
  joined.kv.keys = ctx.output(shape, DType::f32, Owner::workspace);
  joined.kv.values = ctx.output(shape, DType::f32, Owner::workspace);
  joined.dk = zeros(ctx, shape);
  joined.dv = zeros(ctx, shape);
  for (size_t s = 0; s < streams.size(); ++s) {
    if (!streams[s].k) continue;
    const int64_t tokens = streams[s].k.dim(0) / rows;
    for (int64_t row = 0; row < rows; ++row) {
      const int64_t to = row * joined.keys + joined.starts[s], from = row * tokens;
      Tensor keys = joined.kv.keys.slice(0, to, to + tokens), values = joined.kv.values.slice(0, to, to + tokens);
      copy_tokens(ctx, streams[s].k.slice(0, from, from + tokens), keys);
      copy_tokens(ctx, streams[s].v.slice(0, from, from + tokens), values);
    }
  }
  for (int64_t row = 0; row < rows; ++row) {
    const int64_t hidden = lengths.empty() ? 0 : last_tokens - lengths[static_cast<size_t>(row)];
    joined.kv.sequences.push_back({.keys = joined.keys - hidden, .blocks = {}, .contiguous_begin = row * joined.keys});
  }
  return joined;
}

}  // namespace

void record_attention(Context& ctx, const Tensor& q, const KeyValues& kv, const AttentionOptions& options,
                      const Tensor& y) {
  if (options.relative_bias && ctx.tape->tracks(options.relative_bias)) {
    throw Error(ErrorCategory::unsupported, "cannot train", "the relative bias of attention", "it has no backward",
                "freeze it");
  }
  ctx.tape->record({y}, [q, kv, options, y = Place(y)](Context& c, Tape& tape) {
    const Tensor dy = tape.gradient_of(y);
    if (!dy) return;
    declare(c, q, kv);
    AttentionGradients gradients{tape.add_to(c, q), tape.add_to(c, kv.keys), tape.add_to(c, kv.values)};
    gradient_kernels(c).attention(c.pool(), q, kv, options, dy, gradients);
  });
}

void record_joint_attention(Context& ctx, std::span<const AttentionStream> streams, int64_t rows,
                            std::span<const int64_t> lengths, const std::vector<Tensor>& results) {
  struct Recorded {
    std::vector<AttentionStream> streams;
    std::vector<int64_t> lengths;
    std::vector<Place> results;
  };
  Recorded recorded{{streams.begin(), streams.end()}, {lengths.begin(), lengths.end()}, {}};
  for (const Tensor& result : results) recorded.results.emplace_back(result);
  std::vector<Tensor> given;
  for (const Tensor& result : results) {
    if (result) given.push_back(result);
  }
  ctx.tape->record(given, [rows, recorded = std::move(recorded)](Context& c, Tape& tape) {
    Joined joined = join_keys(c, recorded.streams, rows, recorded.lengths);
    for (size_t s = 0; s < recorded.streams.size(); ++s) {
      const Tensor dy = tape.gradient_of(recorded.results[s]);
      if (!dy) continue;
      const Tensor& q = recorded.streams[s].q;
      const int64_t tokens = q.dim(0) / rows;
      for (int64_t row = 0; row < rows; ++row) {
        AttentionSequence& sequence = joined.kv.sequences[static_cast<size_t>(row)];
        sequence.query_begin = row * tokens;
        sequence.query_end = sequence.query_begin + tokens;
      }
      declare(c, q, joined.kv);
      AttentionGradients gradients{tape.add_to(c, q), joined.dk, joined.dv};
      gradient_kernels(c).attention(c.pool(), q, joined.kv, {.causal = false}, dy, gradients);
    }
    for (size_t s = 0; s < recorded.streams.size(); ++s) {
      const AttentionStream& stream = recorded.streams[s];
      if (!stream.k) continue;
      const int64_t tokens = stream.k.dim(0) / rows;
      Tensor dk = tape.add_to(c, stream.k), dv = tape.add_to(c, stream.v);
      for (int64_t row = 0; row < rows; ++row) {
        const int64_t from = row * joined.keys + joined.starts[s], to = row * tokens;
        for (auto& [sum, target] : {std::pair{&joined.dk, &dk}, std::pair{&joined.dv, &dv}}) {
          if (!*target) continue;
          Tensor part = target->slice(0, to, to + tokens);
          gradient_kernels(c).add_scaled(c.pool(), sum->slice(0, from, from + tokens), 1.0f, part);
        }
      }
    }
  });
}

}  // namespace diptych
