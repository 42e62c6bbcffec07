// Many tokens, on targets with 16 registers: a tile's weights are unpacked once into a first-level cache's worth of
// bytes, which all tokens of a panel then multiply with two vectors of rows and four tokens at a time: six loads for
// eight products, where weights in registers and one vector of rows need eight.
//
// Per lane the float operations are those of multiply() in matmul_blocks.cpp in the same order, so results are equal
// bit by bit; sums rest in memory between blocks, which changes nothing.
#if defined(DIPTYCH_MATMUL_TILE_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef DIPTYCH_MATMUL_TILE_INL_H
#undef DIPTYCH_MATMUL_TILE_INL_H
#else
#define DIPTYCH_MATMUL_TILE_INL_H
#endif

#include <algorithm>

#include "kernels/cpu/matmul_types.h"
#include "kernels/cpu/packed_layout.h"
#include "kernels/cpu/weight_levels-inl.h"

#undef DIPTYCH_TILES
#define DIPTYCH_TILES (HWY_TARGET == HWY_AVX2 || HWY_TARGET == HWY_SSE4)

#if DIPTYCH_TILES
HWY_BEFORE_NAMESPACE();
namespace diptych::kernels::cpu::HWY_NAMESPACE {

constexpr int tile_vectors = static_cast<int>(tile) / lanes;
constexpr int panel_tokens = 64;  // their activations stay in the second-level cache while the tiles of a range pass
constexpr int chunk_blocks = 16;  // of 32 columns: 8 KiB of levels
constexpr int vector_bytes = 4 * lanes;

// One tile's 512 columns, unpacked. Scales of columns 16 … 31 of a block are used by q6_k only.
struct alignas(64) TileChunk {
  uint8_t levels[chunk_blocks][8][4 * tile];  // by group, as read_groups gives them
  float scale[chunk_blocks][tile];
  float other[chunk_blocks][tile];  // minimum, or the scale of the upper 16 columns
};

// Unpacks `blocks` blocks from column 32 * first on.
template <DType kType>
HWY_INLINE void unpack(const uint8_t* tile_data, int64_t first, int blocks, TileChunk& chunk) {
  constexpr PackedFormat format = packed_format(kType);
  constexpr int per_record = format.block_values / 32;
  const F32 df;
  for (int b = 0; b < blocks; ++b) {
    const int64_t block = first + b;
    const uint8_t* record = tile_data + block / per_record * format.record_bytes();
    const uint8_t* group = record + format.header_bytes + block % per_record * format.group_bytes();
    for (int v = 0; v < tile_vectors; ++v) {
      const int row = v * lanes;
      VU8 levels[8];
      read_groups<format.bits>(group + format.scale_bytes, row, levels);
      DIPTYCH_UNROLL
      for (int g = 0; g < 8; ++g) hn::StoreU(levels[g], U8(), chunk.levels[b][g] + v * vector_bytes);
      VF scale = load_halves(record, row), other = scale;
      if constexpr (format.block_values == 32) {
        if constexpr (format.minimum) other = load_halves(record + 32, row);
      } else if constexpr (format.minimum) {
        other = hn::Mul(hn::Neg(load_halves(record + 32, row)), load_unsigned(group + 16, row));
        scale = hn::Mul(scale, load_unsigned(group, row));
      } else {
        other = hn::Mul(scale, load_signed(group + 16, row));
        scale = hn::Mul(scale, load_signed(group, row));
      }
      hn::StoreU(scale, df, chunk.scale[b] + row);
      hn::StoreU(other, df, chunk.other[b] + row);
    }
  }
}

// dots[t * 2 + v] = products of groups [kFirst, kLast), for kTokens tokens and two vectors of rows.
template <int kBits, int kFirst, int kLast, int kTokens>
HWY_INLINE void dot_tile(const uint8_t* levels, const ActivationBlock* x, int64_t x_stride, VI* dots) {
  constexpr int run = kBits == 4 ? 8 : kBits == 5 ? 4 : kBits == 6 ? 2 : 1;  // see dot_groups
  const U8 d8;
  DIPTYCH_UNROLL
  for (int begin = kFirst; begin < kLast; begin += run) {
    VI words[2 * kTokens] = {};
    DIPTYCH_UNROLL
    for (int g = begin; g < begin + run; ++g) {
      const auto w0 = hn::LoadU(d8, levels + 4 * tile * g).raw,
                 w1 = hn::LoadU(d8, levels + 4 * tile * g + vector_bytes).raw;
      DIPTYCH_UNROLL
      for (int t = 0; t < kTokens; ++t) {
        const auto four = broadcast4(x[t * x_stride].values + 4 * g).raw;
        const auto pairs0 = kBits == 8 ? madd_bytes(magnitude(w0), with_sign(four, w0)) : madd_bytes(w0, four);
        const auto pairs1 = kBits == 8 ? madd_bytes(magnitude(w1), with_sign(four, w1)) : madd_bytes(w1, four);
        words[2 * t] = VI{g == begin ? pairs0 : add_words(words[2 * t].raw, pairs0)};
        words[2 * t + 1] = VI{g == begin ? pairs1 : add_words(words[2 * t + 1].raw, pairs1)};
      }
    }
    DIPTYCH_UNROLL
    for (int i = 0; i < 2 * kTokens; ++i) {
      const VI sum{madd_words(words[i].raw)};
      dots[i] = begin == kFirst ? sum : hn::Add(dots[i], sum);
    }
  }
}

// Adds a chunk to the sums [tokens][16] of kTokens tokens, for the two vectors of rows from `row` on.
template <DType kType, int kTokens>
HWY_INLINE void add_chunk(const TileChunk& chunk, int blocks, int row, const ActivationBlock* x, int64_t x_stride,
                          float* sums) {
  constexpr PackedFormat format = packed_format(kType);
  constexpr bool halves = format.block_values == 256 && !format.minimum;
  const F32 df;
  const I32 di;
  for (int b = 0; b < blocks; ++b, ++x) {
    const uint8_t* levels = &chunk.levels[b][0][4 * row];
    VI dots[2 * kTokens];
    const auto add = [&](const float* scales, auto start_of) HWY_ATTR {
      const VF scale[2] = {hn::LoadU(df, scales + row), hn::LoadU(df, scales + row + lanes)};
      DIPTYCH_UNROLL
      for (int t = 0; t < kTokens; ++t) {
        const VF x_scale = hn::Set(df, x[t * x_stride].scale);
        DIPTYCH_UNROLL
        for (int v = 0; v < 2; ++v) {
          float* place = sums + t * tile + row + v * lanes;
          const VI dot = start_of(x[t * x_stride], dots[2 * t + v]);
          VF sum = hn::MulAdd(hn::Mul(scale[v], x_scale), hn::ConvertTo(df, dot), hn::LoadU(df, place));
          if constexpr (format.minimum) {
            const VF minimum = hn::LoadU(df, chunk.other[b] + row + v * lanes);
            sum = hn::MulAdd(minimum, hn::Set(df, x[t * x_stride].scaled_sum), sum);
          }
          hn::StoreU(sum, df, place);
        }
      }
    };
    if constexpr (halves) {
      dot_tile<6, 0, 4, kTokens>(levels, x, x_stride, dots);
      add(chunk.scale[b],
          [&](const ActivationBlock& of, VI dot) HWY_ATTR { return hn::Add(dot, hn::Set(di, of.start_32_low)); });
      dot_tile<6, 4, 8, kTokens>(levels, x, x_stride, dots);
      add(chunk.other[b],
          [&](const ActivationBlock& of, VI dot) HWY_ATTR { return hn::Add(dot, hn::Set(di, of.start_32_high)); });
    } else {
      dot_tile<format.bits, 0, 8, kTokens>(levels, x, x_stride, dots);
      add(chunk.scale[b], [&](const ActivationBlock& of, VI dot) HWY_ATTR {
        if constexpr (format.offset == 8) return hn::Add(dot, hn::Set(di, of.start_8));
        if constexpr (format.offset == 16) return hn::Add(dot, hn::Set(di, of.start_16));
        return dot;  // levels of 8 bits are signed here
      });
    }
  }
}

// `tokens` tokens from `token` on, at most panel_tokens of them, all rows of the range.
template <DType kType>
HWY_NOINLINE void tile_panel(const MatmulRange& range, int64_t token, int64_t tokens) {
  constexpr PackedFormat format = packed_format(kType);
  const F32 df;
  const int64_t x_stride = range.cols / 32;
  const int64_t tile_bytes = range.cols / format.block_values * format.record_bytes();
  const auto* x = reinterpret_cast<const ActivationBlock*>(range.x) + token * x_stride;
  TileChunk chunk;
  alignas(64) float sums[panel_tokens * tile];
  for (int64_t row = range.row_begin; row < range.row_end; row += tile) {
    const auto* data = reinterpret_cast<const uint8_t*>(range.packed) + row / tile * tile_bytes;
    std::fill_n(sums, tokens * tile, 0.0f);
    for (int64_t block = 0; block < x_stride; block += chunk_blocks) {
      const int blocks = static_cast<int>(std::min<int64_t>(chunk_blocks, x_stride - block));
      unpack<kType>(data, block, blocks, chunk);
      for (int pair = 0; pair < tile; pair += 2 * lanes) {
        int64_t t = 0;
        for (; t + 4 <= tokens; t += 4) {
          add_chunk<kType, 4>(chunk, blocks, pair, x + t * x_stride + block, x_stride, sums + t * tile);
        }
        for (; t < tokens; ++t) {
          add_chunk<kType, 1>(chunk, blocks, pair, x + t * x_stride + block, x_stride, sums + t * tile);
        }
      }
    }
    for (int vector = 0; vector < tile_vectors; ++vector) {
      const int64_t first = row + vector * lanes;
      const int count = static_cast<int>(std::clamp<int64_t>(range.row_end - first, 0, lanes));
      if (count == 0) break;
      const VF bias = range.bias != nullptr ? load_some(range.bias + first, count) : hn::Zero(df);
      for (int64_t t = 0; t < tokens; ++t) {
        const VF sum = hn::Load(df, sums + t * tile + vector * lanes);
        store_some(hn::Add(sum, bias), range.y + (token + t) * range.y_stride + first, count);
      }
    }
  }
}

}  // namespace diptych::kernels::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif  // DIPTYCH_TILES

#endif  // DIPTYCH_MATMUL_TILE_INL_H
