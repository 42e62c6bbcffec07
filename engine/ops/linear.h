// Weights as ops see them, and the linear op.
//
// A Linear is one or more row blocks, each with its own storage type, source name and bias: `qkv` and `gate_up` are
// such groups, whatever types the file stores their parts in. No forward concatenates weights.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/core/context.h"

namespace diptych {

// A matrix that is not in memory: read and packed each time it is used, and then given back.
struct StreamedMatrix {
  std::function<Tensor(Context& ctx)> read;  // Weight::packed
  int64_t bytes = 0;                         // of what it reads
  // Some of its rows as a matrix of their own, in the order of their numbers; empty: only all of them can be read.
  std::function<Tensor(Context& ctx, std::span<const int32_t> rows)> read_rows = {};
};

// A matrix [rows, cols] in the layout its device computes with. On cpu (and meta, which mirrors it) this is the packed
// layout of kernels/cpu/matmul.h; it is made once at load and lives in memory only.
struct Weight {
  std::string name;  // in the file it came from
  DType dtype = DType::f32;
  int64_t rows = 0, cols = 0;
  Tensor packed;  // u8 [packed bytes]; empty where it is streamed
  std::shared_ptr<const StreamedMatrix> streamed;

  explicit operator bool() const { return static_cast<bool>(packed) || streamed; }
  int64_t bytes() const { return streamed ? streamed->bytes : packed.bytes(); }
};

// Types that matrices are stored in: what `linear` and `embedding` can read.
bool is_matrix_type(DType type);
std::string matrix_type_names();  // "f32, f16, …", for messages

// Packs a matrix for the context's device. `source` holds dtype_bytes(dtype, rows * cols) bytes, row-major as in the
// file; it is not needed on meta (nullptr).
Weight pack_weight(Context& ctx, std::string name, DType dtype, int64_t rows, int64_t cols, const std::byte* source);

struct BlockAdapter;  // adapter.h

struct RowBlock {
  Weight weight;
  Tensor bias = {};  // f32 [rows], or empty
  // What is added while the block computes, shared by its copies; null or empty: nothing.
  std::shared_ptr<BlockAdapter> adapter = nullptr;
};

// How activations meet block-quantized weights: as int8 per 32 values, or with what that rounding left as a second
// int8, which costs the arithmetic twice and next to nothing where memory is the limit. Plain weights always meet f32.
enum class Activations { int8, fine };

struct Linear {
  std::vector<RowBlock> blocks;
  Activations activations = Activations::int8;

  int64_t rows() const;
  int64_t cols() const { return blocks.empty() ? 0 : blocks.front().weight.cols; }
};

// The same layer with fine activations.
inline Linear fine(Linear layer) {
  layer.activations = Activations::fine;
  return layer;
}

// x [tokens, cols] f32 -> [tokens, rows] f32. Row blocks stand side by side in the result, in their order; their
// adapters are added.
Tensor linear(Context& ctx, const Tensor& x, const Linear& layer);

// Rows of a weight, dequantized: ids (values in [0, rows)) -> [ids, cols] f32.
Tensor embedding(Context& ctx, const Weight& table, std::span<const int32_t> ids, float scale = 1.0f);

}  // namespace diptych
