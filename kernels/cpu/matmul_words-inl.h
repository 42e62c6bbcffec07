// Many tokens times 8-bit weights, on targets with 16 registers. Products of two signed bytes do not fit into 16 bits
// in pairs, so levels and activations are widened to 16 bits, a tile's levels once for all tokens of a panel and a
// panel's activations once for all tiles.
//
// Multipliers are scarcer than adders, and half of the multiplications can be saved (Winograd, "A new algorithm for
// inner product", IEEE Transactions on Computers 1968):
//   x0 w0 + x1 w1 = (x0 + w1) (x1 + w0) - x0 x1 - w0 w1
// What is taken away belongs to a token alone or to a row alone. Sums of two bytes and their products are exact.
//
// Integers are exact and the float operations are those of multiply() in matmul_blocks.cpp in the same order: results
// are equal bit by bit.
#if defined(DIPTYCH_MATMUL_WORDS_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef DIPTYCH_MATMUL_WORDS_INL_H
#undef DIPTYCH_MATMUL_WORDS_INL_H
#else
#define DIPTYCH_MATMUL_WORDS_INL_H
#endif

#include <algorithm>

#include "kernels/cpu/matmul_tile-inl.h"

#if DIPTYCH_TILES
HWY_BEFORE_NAMESPACE();
namespace diptych::kernels::cpu::HWY_NAMESPACE {

constexpr int word_tokens = 192;  // of a panel; widened they take 192 KiB, to stay in the second-level cache
constexpr int block_groups = 8;   // of four columns, of which the two even ones and the two odd ones stand side by side

// 32 columns of a token.
struct WideBlock {
  int16_t even[2 * block_groups], odd[2 * block_groups];
};

// 512 columns of the panel's activations.
struct alignas(64) WidePanel {
  WideBlock values[word_tokens][chunk_blocks];
  float scale[word_tokens][chunk_blocks];
  int32_t products[word_tokens][chunk_blocks];  // sum of even times odd values
};

// The same of one tile's levels.
struct alignas(64) WideTile {
  struct Levels {
    int16_t even[block_groups][2 * tile], odd[block_groups][2 * tile];
  } levels[chunk_blocks];
  float scale[chunk_blocks][tile];
  int32_t products[chunk_blocks][tile];  // negated
};

using I16 = hn::Repartition<int16_t, F32>;
using VI16 = hn::Vec<I16>;

// The lower and the upper byte of each word, sign-extended.
HWY_INLINE VI16 even_bytes(VI16 v) {
  return hn::ShiftRight<8>(hn::ShiftLeft<8>(v));
}
HWY_INLINE VI16 odd_bytes(VI16 v) {
  return hn::ShiftRight<8>(v);
}

HWY_INLINE VI products_of(VI16 a, VI16 b) {
#if HWY_TARGET == HWY_AVX2
  return VI{_mm256_madd_epi16(a.raw, b.raw)};
#else
  return VI{_mm_madd_epi16(a.raw, b.raw)};
#endif
}

// sum + products of the pairs. The addition is assembly so that it stays where it is and adds in place: left to GCC,
// all products come first and the sums move from register to register, or to memory.
HWY_INLINE VI add_products_of(VI sum, VI16 a, VI16 b) {
  auto result = sum.raw;
  const auto products = products_of(a, b).raw;
#if HWY_TARGET == HWY_AVX2
  asm("vpaddd %1, %0, %0" : "+x"(result) : "x"(products));
#else
  asm("paddd %1, %0" : "+x"(result) : "x"(products));
#endif
  return VI{result};
}

HWY_INLINE VI16 broadcast_pair(const int16_t* values) {
  int32_t pair;
  std::memcpy(&pair, values, sizeof pair);
  return hn::BitCast(I16(), hn::Set(I32(), pair));
}

HWY_INLINE void widen_activations(const ActivationBlock* x, int64_t x_stride, int64_t tokens, int blocks,
                                  WidePanel& panel) {
  const I16 d16;
  constexpr int words = 2 * lanes;
  for (int64_t t = 0; t < tokens; ++t, x += x_stride) {
    const ActivationBlock* later = x + std::min<int64_t>(2, tokens - 1 - t) * x_stride;
    for (int b = 0; b < blocks; ++b) {
      hwy::Prefetch(later + b);
      VI products = hn::Zero(I32());
      DIPTYCH_UNROLL
      for (int i = 0; i < 2 * block_groups; i += words) {
        const VI16 v = hn::LoadU(d16, reinterpret_cast<const int16_t*>(x[b].values) + i);
        const VI16 even = even_bytes(v), odd = odd_bytes(v);
        hn::StoreU(even, d16, panel.values[t][b].even + i);
        hn::StoreU(odd, d16, panel.values[t][b].odd + i);
        products = add_products_of(products, even, odd);
      }
      panel.scale[t][b] = x[b].scale;
      panel.products[t][b] = hn::GetLane(hn::SumOfLanes(I32(), products));
    }
  }
}

// `blocks` blocks of q8_0 from column 32 * first on.
HWY_INLINE void widen_levels(const uint8_t* tile_data, int64_t first, int blocks, WideTile& wide_tile) {
  constexpr PackedFormat format = packed_format(DType::q8_0);
  const I16 d16;
  for (int b = 0; b < blocks; ++b) {
    const uint8_t* record = tile_data + (first + b) * format.record_bytes();
    for (int v = 0; v < tile_vectors; ++v) {
      const int row = v * lanes;
      VU8 levels[block_groups];
      read_groups<8>(record + format.header_bytes, row, levels);
      VI products = hn::Zero(I32());
      DIPTYCH_UNROLL
      for (int g = 0; g < block_groups; ++g) {
        const VI16 bytes = hn::BitCast(d16, levels[g]), even = even_bytes(bytes), odd = odd_bytes(bytes);
        hn::StoreU(even, d16, wide_tile.levels[b].even[g] + 2 * row);
        hn::StoreU(odd, d16, wide_tile.levels[b].odd[g] + 2 * row);
        products = add_products_of(products, even, odd);
      }
      hn::StoreU(hn::Neg(products), I32(), wide_tile.products[b] + row);
      hn::StoreU(load_halves(record, row), F32(), wide_tile.scale[b] + row);
    }
  }
}

// Adds 512 columns or fewer to the sums [tokens][16] of kTokens tokens, for the two vectors of rows from `row` on.
template <int kTokens>
HWY_INLINE void add_words_of(const WideTile& weights, const WidePanel& x, int64_t token, int blocks, int row,
                             float* sums) {
  const F32 df;
  const I16 d16;
  const I32 di;
  VF totals[2 * kTokens];
  DIPTYCH_UNROLL
  for (int i = 0; i < 2 * kTokens; ++i) totals[i] = hn::Load(df, sums + i / 2 * tile + row + i % 2 * lanes);
  for (int b = 0; b < blocks; ++b) {
    VI dots[2 * kTokens];
    DIPTYCH_UNROLL
    for (int i = 0; i < 2 * kTokens; ++i) dots[i] = hn::Load(di, weights.products[b] + row + i % 2 * lanes);
    DIPTYCH_UNROLL
    for (int g = 0; g < block_groups; ++g) {
      const int16_t *even = weights.levels[b].even[g] + 2 * row, *odd = weights.levels[b].odd[g] + 2 * row;
      const VI16 even_levels[2] = {hn::Load(d16, even), hn::Load(d16, even + 2 * lanes)};
      const VI16 odd_levels[2] = {hn::Load(d16, odd), hn::Load(d16, odd + 2 * lanes)};
      DIPTYCH_UNROLL
      for (int t = 0; t < kTokens; ++t) {
        const WideBlock& values = x.values[token + t][b];
        const VI16 even_x = broadcast_pair(values.even + 2 * g), odd_x = broadcast_pair(values.odd + 2 * g);
        DIPTYCH_UNROLL
        for (int v = 0; v < 2; ++v) {
          VI& dot = dots[2 * t + v];
          dot = add_products_of(dot, hn::Add(even_x, odd_levels[v]), hn::Add(odd_x, even_levels[v]));
        }
      }
    }
    const VF scale[2] = {hn::Load(df, weights.scale[b] + row), hn::Load(df, weights.scale[b] + row + lanes)};
    DIPTYCH_UNROLL
    for (int t = 0; t < kTokens; ++t) {
      const VF x_scale = hn::Set(df, x.scale[token + t][b]);
      const VI x_products = hn::Set(di, x.products[token + t][b]);
      DIPTYCH_UNROLL
      for (int v = 0; v < 2; ++v) {
        VF& total = totals[2 * t + v];
        total = hn::MulAdd(hn::Mul(scale[v], x_scale), hn::ConvertTo(df, hn::Sub(dots[2 * t + v], x_products)), total);
      }
    }
  }
  DIPTYCH_UNROLL
  for (int i = 0; i < 2 * kTokens; ++i) hn::Store(totals[i], df, sums + i / 2 * tile + row + i % 2 * lanes);
}

// Sums [tokens][16] of the tile that begins at `row`, from y and back to it; with the last ones comes the bias.
HWY_INLINE void read_sums(const MatmulRange& range, int64_t token, int64_t tokens, int64_t row, float* sums) {
  for (int vector = 0; vector < tile_vectors; ++vector) {
    const int64_t first = row + vector * lanes;
    const int count = static_cast<int>(std::clamp<int64_t>(range.row_end - first, 0, lanes));
    for (int64_t t = 0; t < tokens; ++t) {
      const float* y = range.y + (token + t) * range.y_stride + first;
      hn::Store(count > 0 ? load_some(y, count) : hn::Zero(F32()), F32(), sums + t * tile + vector * lanes);
    }
  }
}

HWY_INLINE void write_sums(const MatmulRange& range, int64_t token, int64_t tokens, int64_t row, bool last,
                           const float* sums) {
  const F32 df;
  for (int vector = 0; vector < tile_vectors; ++vector) {
    const int64_t first = row + vector * lanes;
    const int count = static_cast<int>(std::clamp<int64_t>(range.row_end - first, 0, lanes));
    if (count == 0) break;
    const VF bias = last && range.bias != nullptr ? load_some(range.bias + first, count) : hn::Zero(df);
    for (int64_t t = 0; t < tokens; ++t) {
      VF sum = hn::Load(df, sums + t * tile + vector * lanes);
      if (last) sum = hn::Add(sum, bias);
      store_some(sum, range.y + (token + t) * range.y_stride + first, count);
    }
  }
}

// `tokens` tokens from `token` on, at most word_tokens of them, all rows of the range of q8_0. Between the chunks of
// columns the sums rest in y.
HWY_NOINLINE void word_panel(const MatmulRange& range, int64_t token, int64_t tokens) {
  constexpr PackedFormat format = packed_format(DType::q8_0);
  const int64_t x_stride = range.cols / 32, tile_bytes = x_stride * format.record_bytes();
  const auto* x = reinterpret_cast<const ActivationBlock*>(range.x) + token * x_stride;
  WidePanel panel;
  WideTile weights;
  alignas(64) float sums[word_tokens * tile];
  for (int64_t block = 0; block < x_stride; block += chunk_blocks) {
    const int blocks = static_cast<int>(std::min<int64_t>(chunk_blocks, x_stride - block));
    widen_activations(x + block, x_stride, tokens, blocks, panel);
    for (int64_t row = range.row_begin; row < range.row_end; row += tile) {
      widen_levels(reinterpret_cast<const uint8_t*>(range.packed) + row / tile * tile_bytes, block, blocks, weights);
      if (block == 0) {
        std::fill_n(sums, tokens * tile, 0.0f);
      } else {
        read_sums(range, token, tokens, row, sums);
      }
      for (int pair = 0; pair < tile; pair += 2 * lanes) {
        int64_t t = 0;
        for (; t + 4 <= tokens; t += 4) add_words_of<4>(weights, panel, t, blocks, pair, sums + t * tile);
        for (; t < tokens; ++t) add_words_of<1>(weights, panel, t, blocks, pair, sums + t * tile);
      }
      write_sums(range, token, tokens, row, block + blocks == x_stride, sums);
    }
  }
}

}  // namespace diptych::kernels::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif  // DIPTYCH_TILES

#endif  // DIPTYCH_MATMUL_WORDS_INL_H
