#include <algorithm>
#include <limits>
#include <vector>

#include "engine/ops/cpu/cpu_ops.h"
#include "kernels/common/quant_blocks.h"
#include "kernels/cpu/convert.h"
#include "kernels/cpu/dequantize.h"
#include "kernels/cpu/elementwise.h"
#include "kernels/cpu/matmul.h"
#include "kernels/cpu/strassen.h"

namespace diptych::cpu_ops {
namespace {

namespace k = kernels::cpu;

// How a product is cut: ranges of row tiles and of tokens. Enough ranges that a slow core can be helped out, few enough
// that claiming them costs nothing.
struct Cut {
  int64_t tiles, tokens;  // of a range
};

constexpr int64_t token_panel = 192;  // whole panels of every kernel

int64_t pieces(int64_t all, int64_t most) {
  return (all + most - 1) / most;
}

// For one token a range should be a long sequential read. Many tokens pass over a range's weights, which should stay in
// the second-level cache, in panels that stay in the first: measured with f32, 8 tiles of 16 rows reach 94 % of the
// roofline and 2 tiles 75 to 90 %. Where a tile is one vector, kernels take two at a time.
Cut cut_of(const ThreadPool& pool, int64_t tiles, int64_t most_tiles, int64_t tokens) {
  const int64_t threads = pool.threads();
  if (tokens < 8) return {std::clamp<int64_t>(pieces(tiles, 8 * threads), 1, 16), tokens};
  const int64_t panels = pieces(tokens, token_panel), ranges = 8 * threads;
  const int64_t most = std::clamp<int64_t>(tiles * panels / ranges, 2, most_tiles);
  const int64_t groups = pieces(tiles, most), chunks = std::min(panels, pieces(ranges, groups));
  return {pieces(tiles, groups), pieces(panels, chunks) * token_panel};
}

// Of parts, by Strassen's method: weights are added for each range of tokens anew, so there should be many, and results
// of four parts should stay in the second-level cache beside the weights, so rows should be few. Measured with 512
// pairs of tokens, 4 tiles and all pairs are 3 to 5 % sooner than 8 tiles.
Cut cut_of_parts(const ThreadPool& pool, int64_t tiles, int64_t tokens) {
  constexpr int64_t range = 4, most_panels = 3;
  const int64_t panels = pieces(tokens, token_panel), fewest_chunks = pieces(panels, most_panels),
                groups = std::max<int64_t>(1, pieces(tiles, range));
  const int64_t chunks = std::clamp(pieces(4 * pool.threads(), groups), fewest_chunks, panels);
  return {range, pieces(panels, chunks) * token_panel};
}

int64_t tiles_of(const RowBlock& block) {
  return (block.weight.rows + k::tile_rows() - 1) / k::tile_rows();
}

// Of the first of `parts` equal parts of each block's rows.
int64_t tiles_of(std::span<const RowBlock> blocks, int64_t parts) {
  int64_t tiles = 0;
  for (const RowBlock& block : blocks) tiles += tiles_of(block) / parts;
  return tiles;
}

int64_t most_tiles_of(std::span<const RowBlock> blocks) {
  int64_t most = std::numeric_limits<int64_t>::max();
  for (const RowBlock& block : blocks) most = std::min(most, k::tiles_of_range(block.weight.dtype));
  return most;
}

// Tiles of a block's rows, or of a part of them, and tokens that a thread multiplies by themselves.
struct Range {
  const RowBlock& block;
  int64_t column;  // of the result: the block's first
  int64_t first_tile, last_tile, token_begin, token_end;
};

// Calls compute(range) for the tiles of all blocks, of the first of `parts` equal parts of each one's rows, times
// `tokens`, in one loop: each end of a loop costs a wait.
template <typename Compute>
void for_ranges(ThreadPool& pool, std::span<const RowBlock> blocks, int64_t parts, int64_t tokens, const Cut& cut,
                const Compute& compute) {
  const int64_t tiles = tiles_of(blocks, parts), groups = pieces(tiles, cut.tiles), chunks = pieces(tokens, cut.tokens);
  const auto of_all_blocks = [&](int64_t index) {
    // The chunks of a group one after the other: they share its weights.
    const int64_t token = index % chunks * cut.tokens, token_end = std::min(token + cut.tokens, tokens);
    int64_t begin = index / chunks * cut.tiles, end = std::min(begin + cut.tiles, tiles), column = 0;
    for (const RowBlock& block : blocks) {
      const int64_t of_block = tiles_of(block) / parts, first = std::max<int64_t>(begin, 0),
                    last = std::min(end, of_block);
      if (first < last) compute(Range{block, column, first, last, token, token_end});
      begin -= of_block;
      end -= of_block;
      column += block.weight.rows;
    }
  };
  pool.parallel_for(groups * chunks, 1, [&](int64_t begin, int64_t end) {
    for (int64_t index = begin; index < end; ++index) of_all_blocks(index);
  });
}

}  // namespace

int64_t packed_bytes(DType dtype, int64_t rows, int64_t cols) {
  return static_cast<int64_t>(k::packed_bytes(dtype, rows, cols));
}

void pack(ThreadPool& pool, DType dtype, const std::byte* source, int64_t rows, int64_t cols, Tensor& packed) {
  const int64_t tiles = std::clamp<int64_t>(32768 / cols, 1, 4);  // long rows: a part may have few of them
  pool.parallel_for(rows, k::tile_rows() * tiles, [&](int64_t begin, int64_t end) {
    k::pack_rows(dtype, source, rows, cols, begin, end, packed.raw());
  });
}

void widen(DType dtype, const std::byte* source, int64_t values, Tensor& y) {
  k::dequantize(dtype, source, values, y.data<float>());
}

void narrow(ThreadPool& pool, const Tensor& x, Tensor& y) {
  const int64_t cols = x.dim(1);
  pool.parallel_for(x.dim(0), std::max<int64_t>(1, 32768 / cols), [&](int64_t begin, int64_t end) {
    const float* from = x.data<float>() + begin * cols;
    uint16_t* to = y.data<uint16_t>() + begin * cols;
    if (y.dtype() == DType::f16) {
      k::f32_to_f16_row(from, (end - begin) * cols, to);
    } else {
      k::f32_to_bf16_row(from, (end - begin) * cols, to);
    }
  });
}

void quantize(ThreadPool& pool, DType from, const std::byte* source, int64_t rows, int64_t cols, DType to,
              Tensor& blocks) {
  const size_t from_bytes = dtype_bytes(from, cols), to_bytes = dtype_bytes(to, cols);
  pool.parallel_for(rows, std::max<int64_t>(1, 32768 / cols), [&](int64_t begin, int64_t end) {
    std::vector<float> values(static_cast<size_t>(cols));
    for (auto row = static_cast<size_t>(begin); row < static_cast<size_t>(end); ++row) {
      k::dequantize(from, source + row * from_bytes, cols, values.data());
      quantize_row(to, values.data(), blocks.raw() + row * to_bytes, cols);
    }
  });
}

int64_t prepared_row_bytes(DType dtype, int64_t cols) {
  return k::activation_format(dtype) == k::ActivationFormat::f32
             ? 0
             : static_cast<int64_t>(k::activation_bytes(dtype, cols));
}

int activation_format(DType dtype) {
  return static_cast<int>(k::activation_format(dtype));
}

void prepare(ThreadPool& pool, DType dtype, const Tensor& x, Tensor& prepared) {
  pool.parallel_for(x.dim(0), 16, [&](int64_t begin, int64_t end) {
    k::prepare_activations(dtype, x.data<float>(), x.dim(1), x.dim(1), begin, end, prepared.raw());
  });
}

void prepare_fine(ThreadPool& pool, DType dtype, const Tensor& x, Tensor& prepared) {
  pool.parallel_for(x.dim(0), 16, [&](int64_t begin, int64_t end) {
    k::prepare_fine_activations(dtype, x.data<float>(), x.dim(1), x.dim(1), begin, end, prepared.raw());
  });
}

void sum_pairs(ThreadPool& pool, std::span<const RowBlock> blocks, const Tensor& pairs, Tensor& y,
               int64_t first_column) {
  const int64_t columns = pairs.dim(1);
  const bool biased = std::ranges::any_of(blocks, [](const RowBlock& block) { return static_cast<bool>(block.bias); });
  std::vector<float> bias(biased ? static_cast<size_t>(columns) : 0);
  int64_t column = 0;
  for (const RowBlock& block : blocks) {
    if (block.bias) std::copy_n(block.bias.data<float>(), block.weight.rows, bias.data() + column);
    column += block.weight.rows;
  }
  pool.parallel_for(pairs.dim(0) / 2, std::max<int64_t>(1, 32768 / columns), [&](int64_t begin, int64_t end) {
    k::sum_pairs(pairs.data<float>(), columns, begin, end, biased ? bias.data() : nullptr,
                 y.data<float>() + first_column, y.dim(1));
  });
}

int64_t regrouped_groups(int64_t tokens, int64_t rows, int64_t cols) {
  return k::pays_regrouping(tokens, rows) ? k::regrouped_groups(cols) : 0;
}

void regroup(ThreadPool& pool, const Tensor& x, Tensor& grouped) {
  pool.parallel_for(x.dim(0), 16, [&](int64_t begin, int64_t end) {
    k::regroup(x.data<float>(), x.dim(1), x.dim(1), x.dim(0), begin, end, grouped.data<float>());
  });
}

void matmul(ThreadPool& pool, std::span<const RowBlock> blocks, const Tensor& prepared, bool with_bias, Tensor& y,
            int64_t first_column) {
  const bool regrouped = prepared.shape().rank() == 3;
  const int64_t tokens = prepared.dim(regrouped ? 1 : 0), row_bytes = prepared.bytes() / std::max<int64_t>(1, tokens);
  const Cut cut = cut_of(pool, tiles_of(blocks, 1), most_tiles_of(blocks), tokens);
  for_ranges(pool, blocks, 1, tokens, cut, [&](const Range& range) {
    const Weight& weight = range.block.weight;
    const int64_t row_begin = range.first_tile * k::tile_rows(),
                  row_end = std::min(range.last_tile * k::tile_rows(), weight.rows);
    const float* bias = with_bias && range.block.bias ? range.block.bias.data<float>() : nullptr;
    float* out = y.data<float>() + range.token_begin * y.dim(1) + first_column + range.column;
    if (regrouped) {
      k::regrouped_matmul(weight.dtype, weight.packed.raw(), weight.rows, weight.cols, prepared.data<float>(), tokens,
                          range.token_begin, range.token_end, row_begin, row_end, bias, out, y.dim(1), false);
    } else {
      k::matmul(weight.dtype, weight.packed.raw(), weight.rows, weight.cols,
                prepared.raw() + range.token_begin * row_bytes, range.token_end - range.token_begin, row_begin, row_end,
                bias, out, y.dim(1));
    }
  });
}

int64_t combined_values(std::span<const RowBlock> blocks, int64_t samples, int64_t tokens) {
  int64_t rows = 0;
  for (const RowBlock& block : blocks) {
    if (!k::takes_strassen(block.weight.dtype, block.weight.rows, block.weight.cols)) return 0;
    rows += block.weight.rows;
  }
  const int64_t cols = blocks.front().weight.cols;
  return k::pays_strassen(tokens, rows, cols) ? k::strassen_values(samples, tokens, cols) : 0;
}

void multiply_halves(ThreadPool& pool, std::span<const RowBlock> blocks, const Tensor& x, int64_t samples,
                     Tensor& combined, Tensor& y, int64_t first_column) {
  const int64_t tokens = x.dim(0), cols = x.dim(1), of_sample = tokens / samples;
  const Cut cut = cut_of_parts(pool, tiles_of(blocks, 2), tokens / 2);
  for (int64_t col = 0; col < cols / 2; col += k::strassen_run(cols)) {
    pool.parallel_for(tokens / 2, 16, [&](int64_t begin, int64_t end) {
      k::strassen_combine(x.data<float>(), samples, of_sample, cols, col, begin, end, combined.data<float>());
    });
    for_ranges(pool, blocks, 2, tokens / 2, cut, [&](const Range& range) {
      const RowBlock& block = range.block;
      const k::StrassenProduct product{.type = block.weight.dtype,
                                       .packed = block.weight.packed.raw(),
                                       .rows = block.weight.rows,
                                       .cols = cols,
                                       .col = col,
                                       .combined = combined.data<float>(),
                                       .samples = samples,
                                       .tokens = of_sample,
                                       .bias = block.bias ? block.bias.data<float>() : nullptr,
                                       .y = y.data<float>() + first_column + range.column,
                                       .y_stride = y.dim(1)};
      k::strassen_matmul(product, range.token_begin, range.token_end, range.first_tile * k::tile_rows(),
                         range.last_tile * k::tile_rows());
    });
  }
}

void embedding(ThreadPool& pool, const Weight& table, std::span<const int32_t> ids, float scale, Tensor& y) {
  pool.parallel_for(static_cast<int64_t>(ids.size()), 8, [&](int64_t begin, int64_t end) {
    float* out = y.data<float>();
    k::gather_packed_rows(table.dtype, table.packed.raw(), table.rows, table.cols, ids.data(), begin, end, out,
                          table.cols);
    if (scale != 1.0f) k::scale(out + begin * table.cols, scale, (end - begin) * table.cols, out + begin * table.cols);
  });
}

}  // namespace diptych::cpu_ops
