// Block-quantized weights times 8-bit activations. packed_layout.h describes the records that are read.
//
// A vector holds one output row per lane. For each 32 columns the weights are unpacked into eight vectors, which all
// tokens of a panel share; per token follow eight integer products, one conversion and one multiply-add with
// (weight scale * activation scale), the same for one token as for many.
#include <algorithm>

#include "kernels/cpu/matmul.h"
#include "kernels/cpu/matmul_types.h"
#include "kernels/cpu/packed_layout.h"
#include "kernels/cpu/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/matmul_blocks.cpp"
#include "hwy/foreach_target.h"
// clang-format off
#include "hwy/cache_control.h"
#include "hwy/highway.h"
#include "kernels/cpu/matmul_tile-inl.h"
#include "kernels/cpu/matmul_words-inl.h"
#include "kernels/cpu/weight_levels-inl.h"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace diptych::kernels::cpu::HWY_NAMESPACE {

constexpr int wide = lanes == 16 ? 12 : 4;  // tokens of a panel: as many as leave their sums in registers
constexpr int prefetch_bytes = 4096;        // ahead of what few tokens read, beyond what the hardware foresees

// What a sum of products starts at, to take back the offset of the levels.
template <int kOffset>
HWY_INLINE VI start(const ActivationBlock& x) {
  const I32 di;
  if constexpr (kOffset == 8) return hn::Set(di, x.start_8);
  if constexpr (kOffset == 16) return hn::Set(di, x.start_16);
  if constexpr (kOffset == 128) return DIPTYCH_SIGNED_BYTES ? hn::Zero(di) : hn::Set(di, x.start_128);
  return hn::Zero(di);
}

// Adds 32 columns to the sums of kTokens tokens, whose activation blocks are x_stride apart.
template <int kBits, int kOffset, bool kMinimum, int kTokens>
HWY_INLINE void add_block(const VU8* weights, VF scale, VF minimum, const ActivationBlock* x, int64_t x_stride,
                          VF* sums) {
  const F32 df;
  constexpr int together = std::min(kTokens, 4);  // enough independent chains to hide the latency of a product
  DIPTYCH_UNROLL
  for (int first = 0; first < kTokens; first += together) {
    const ActivationBlock* block = x + first * x_stride;
    VI dots[together];
    DIPTYCH_UNROLL
    for (int t = 0; t < together; ++t) dots[t] = start<kOffset>(block[t * x_stride]);
    dot_groups<kBits, 0, 8, together>(dots, weights, block, x_stride);
    DIPTYCH_UNROLL
    for (int t = 0; t < together; ++t) {
      const ActivationBlock& of = block[t * x_stride];
      VF& sum = sums[first + t];
      sum = hn::MulAdd(hn::Mul(scale, hn::Set(df, of.scale)), hn::ConvertTo(df, dots[t]), sum);
      if constexpr (kMinimum) sum = hn::MulAdd(minimum, hn::Set(df, of.scaled_sum), sum);
    }
  }
}

// The same for q6_k with its scale per 16 columns.
template <int kTokens>
HWY_INLINE void add_halves(const VU8* weights, VF low_scale, VF high_scale, const ActivationBlock* x, int64_t x_stride,
                           VF* sums) {
  const F32 df;
  constexpr int together = std::min(kTokens, 2);
  DIPTYCH_UNROLL
  for (int first = 0; first < kTokens; first += together) {
    const ActivationBlock* block = x + first * x_stride;
    VI low[together], high[together];
    DIPTYCH_UNROLL
    for (int t = 0; t < together; ++t) {
      low[t] = hn::Set(I32(), block[t * x_stride].start_32_low);
      high[t] = hn::Set(I32(), block[t * x_stride].start_32_high);
    }
    dot_groups<6, 0, 4, together>(low, weights, block, x_stride);
    dot_groups<6, 4, 8, together>(high, weights, block, x_stride);
    DIPTYCH_UNROLL
    for (int t = 0; t < together; ++t) {
      const VF scale = hn::Set(df, block[t * x_stride].scale);
      VF& sum = sums[first + t];
      sum = hn::MulAdd(hn::Mul(low_scale, scale), hn::ConvertTo(df, low[t]), sum);
      sum = hn::MulAdd(hn::Mul(high_scale, scale), hn::ConvertTo(df, high[t]), sum);
    }
  }
}

template <int kTokens>
HWY_INLINE void prefetch(const uint8_t* record, int bytes) {
  if constexpr (kTokens <= 4) {
    for (int i = 0; i < bytes; i += 64) hwy::Prefetch(record + prefetch_bytes + i);
  }
}

// One record's columns for the vector of rows from first_row on.
template <DType kType, int kTokens>
HWY_INLINE void add_record(const uint8_t* record, int first_row, const ActivationBlock* x, int64_t x_stride, VF* sums) {
  constexpr PackedFormat format = packed_format(kType);
  VU8 weights[8];
  const VF d = load_halves(record, first_row);
  if constexpr (format.block_values == 32) {
    read_groups<format.bits>(record + format.header_bytes, first_row, weights);
    const VF m = format.minimum ? load_halves(record + 32, first_row) : d;
    add_block<format.bits, format.offset, format.minimum, kTokens>(weights, d, m, x, x_stride, sums);
  } else {
    const VF dmin = format.minimum ? hn::Neg(load_halves(record + 32, first_row)) : d;
    const uint8_t* group = record + format.header_bytes;
    for (int j = 0; j < 8; ++j, group += format.group_bytes(), ++x) {
      read_groups<format.bits>(group + format.scale_bytes, first_row, weights);
      if constexpr (format.minimum) {
        const VF scale = hn::Mul(d, load_unsigned(group, first_row));
        const VF m = hn::Mul(dmin, load_unsigned(group + 16, first_row));
        add_block<format.bits, 0, true, kTokens>(weights, scale, m, x, x_stride, sums);
      } else {
        const VF low = hn::Mul(d, load_signed(group, first_row)), high = hn::Mul(d, load_signed(group + 16, first_row));
        add_halves<kTokens>(weights, low, high, x, x_stride, sums);
      }
    }
  }
}

// kVectors vectors of rows times kTokens tokens over all columns: sums[v * kTokens + token].
template <DType kType, int kVectors, int kTokens>
HWY_INLINE void multiply(const uint8_t* record, int first_row, int64_t cols, const ActivationBlock* x, int64_t x_stride,
                         VF* sums) {
  constexpr PackedFormat format = packed_format(kType);
  DIPTYCH_UNROLL
  for (int i = 0; i < kVectors * kTokens; ++i) sums[i] = hn::Zero(F32());
  for (int64_t b = 0; b < cols / format.block_values; ++b, record += format.record_bytes()) {
    prefetch<kTokens>(record, format.record_bytes());
    DIPTYCH_UNROLL
    for (int v = 0; v < kVectors; ++v) {
      add_record<kType, kTokens>(record, first_row + v * lanes, x, x_stride, sums + v * kTokens);
    }
    x += format.block_values / 32;
  }
}

template <int kTokens>
HWY_INLINE void store(const VF* sums, const MatmulRange& range, int64_t row, int64_t token) {
  const int count = static_cast<int>(std::min<int64_t>(lanes, range.row_end - row));
  const VF bias = range.bias != nullptr ? load_some(range.bias + row, count) : hn::Zero(F32());
  DIPTYCH_UNROLL
  for (int t = 0; t < kTokens; ++t) {
    store_some(hn::Add(sums[t], bias), range.y + (token + t) * range.y_stride + row, count);
  }
}

// kTokens tokens from `token` on, all rows of the range.
template <DType kType, int kTokens>
HWY_NOINLINE void panel(const MatmulRange& range, int64_t token) {
  constexpr PackedFormat format = packed_format(kType);
  const int64_t tile_bytes = range.cols / format.block_values * format.record_bytes(), x_stride = range.cols / 32;
  const auto* packed = reinterpret_cast<const uint8_t*>(range.packed);
  const auto* x = reinterpret_cast<const ActivationBlock*>(range.x) + token * x_stride;
  // A single token's whole tile together: memory is read once from begin to end.
  constexpr int vectors = kTokens == 1 ? static_cast<int>(tile) / lanes : 1;
  for (int64_t row = range.row_begin; row < range.row_end; row += vectors * lanes) {
    VF sums[vectors * kTokens];
    multiply<kType, vectors, kTokens>(packed + row / tile * tile_bytes, static_cast<int>(row % tile), range.cols, x,
                                      x_stride, sums);
    for (int v = 0; v < vectors && row + v * lanes < range.row_end; ++v) {
      store<kTokens>(sums + v * kTokens, range, row + v * lanes, token);
    }
  }
}

template <DType kType>
void all_tokens(const MatmulRange& range) {
  int64_t token = 0;
#if DIPTYCH_TILES
  if (range.tokens >= 8) {  // fewer do not pay for storing unpacked weights
    constexpr int64_t most = kType == DType::q8_0 ? word_tokens : panel_tokens;
    for (; token < range.tokens; token += most) {
      const int64_t tokens = std::min(most, range.tokens - token);
      if constexpr (kType == DType::q8_0) {
        word_panel(range, token, tokens);
      } else {
        tile_panel<kType>(range, token, tokens);
      }
    }
    return;
  }
#endif
  for (; token + wide <= range.tokens; token += wide) panel<kType, wide>(range, token);
  if constexpr (wide > 4) {
    for (; token + 4 <= range.tokens; token += 4) panel<kType, 4>(range, token);
  }
  for (; token < range.tokens; ++token) panel<kType, 1>(range, token);
}

void multiply_blocks(DType type, const MatmulRange& range) {
  switch (type) {
    case DType::q4_0:
      return all_tokens<DType::q4_0>(range);
    case DType::q4_1:
      return all_tokens<DType::q4_1>(range);
    case DType::q5_0:
      return all_tokens<DType::q5_0>(range);
    case DType::q5_1:
      return all_tokens<DType::q5_1>(range);
    case DType::q4_k:
      return all_tokens<DType::q4_k>(range);
    case DType::q5_k:
      return all_tokens<DType::q5_k>(range);
    case DType::q6_k:
      return all_tokens<DType::q6_k>(range);
    default:
      return all_tokens<DType::q8_0>(range);
  }
}

int64_t range_tiles(DType type) {
  return DIPTYCH_TILES && type == DType::q8_0 ? 32 : 8;
}

}  // namespace diptych::kernels::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace diptych::kernels::cpu {

HWY_EXPORT(multiply_blocks);
HWY_EXPORT(range_tiles);

void matmul_blocks(DType type, const MatmulRange& range) {
  HWY_DYNAMIC_DISPATCH(multiply_blocks)(type, range);
}

int64_t tiles_of_range(DType type) {
  return HWY_DYNAMIC_DISPATCH(range_tiles)(type);
}

}  // namespace diptych::kernels::cpu
#endif
