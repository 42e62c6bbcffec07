#include "kernels/cpu/strassen.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <vector>

#include "kernels/cpu/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/strassen.cpp"
#include "hwy/foreach_target.h"
// clang-format off
#include "hwy/highway.h"
#include "kernels/cpu/matmul_plain-inl.h"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace diptych::kernels::cpu::HWY_NAMESPACE {

// A quarter of the weights: a half of the rows and a half of the columns; `factor` 1, -1, or 0 for none.
struct Quarter {
  int row_half, col_half, factor;
};

// Where a product goes: a half of the tokens and a half of the rows.
enum class Into { set, add, subtract };  // `set`: by the first run of columns; later ones add
struct Place {
  int token_half, row_half;
  Into into;
};

struct Product {
  Quarter weights[2];
  std::array<Place, 2> places;
  int count;
};

// Strassen's seven, in the order that strassen_combine() has them; each place is set by the first that goes there.
constexpr Product products[7] = {
    {{{0, 0, 1}, {1, 1, 1}}, {{{0, 0, Into::set}, {1, 1, Into::set}}}, 2},
    {{{0, 0, 1}, {0, 0, 0}}, {{{1, 0, Into::set}, {1, 1, Into::subtract}}}, 2},
    {{{1, 0, 1}, {1, 1, -1}}, {{{0, 1, Into::set}, {1, 1, Into::add}}}, 2},
    {{{0, 1, 1}, {0, 0, -1}}, {{{0, 0, Into::add}, {1, 0, Into::add}}}, 2},
    {{{1, 1, 1}, {0, 0, 0}}, {{{0, 0, Into::subtract}, {0, 1, Into::add}}}, 2},
    {{{0, 0, 1}, {1, 0, 1}}, {{{1, 1, Into::add}, {}}}, 1},
    {{{0, 1, 1}, {1, 1, 1}}, {{{0, 0, Into::add}, {}}}, 1},
};

// The places of one product's sums, with which add_run() ends. Halves of rows are whole tiles.
struct Results {
  struct One {
    float* y;  // of the first token and row
    Into into;
    const float* bias;  // of the first row, or null; with `set` only
  };
  std::array<One, 2> places;
  int count;
  int64_t y_stride;

  template <int kVectors>
  HWY_INLINE void fetch(int64_t row, int64_t token, int64_t token_end) const {
    for (; token < token_end; ++token) {
      for (int i = 0; i < count; ++i) {
        const float* some = places[static_cast<size_t>(i)].y + token * y_stride + row;
        for (int v = 0; v < kVectors * lanes; v += line) hwy::Prefetch(some + v);
      }
    }
  }

  template <int kVectors, int kTokens>
  HWY_INLINE void put(const VF* sums, int64_t row, int64_t token) const {
    for (int i = 0; i < count; ++i) {
      const One& place = places[static_cast<size_t>(i)];
      const auto each = [&](auto after) HWY_ATTR {
        DIPTYCH_UNROLL
        for (int v = 0; v < kVectors; ++v) {
          DIPTYCH_UNROLL
          for (int t = 0; t < kTokens; ++t) {
            float* some = place.y + (token + t) * y_stride + row + v * lanes;
            hn::StoreU(after(some, row + v * lanes, sums[t * kVectors + v]), F32(), some);
          }
        }
      };
      if (place.into == Into::add) {
        each([](const float* y, int64_t, VF sum) HWY_ATTR { return hn::Add(load(y), sum); });
      } else if (place.into == Into::subtract) {
        each([](const float* y, int64_t, VF sum) HWY_ATTR { return hn::Sub(load(y), sum); });
      } else if (place.bias != nullptr) {
        each([&](const float*, int64_t of, VF sum) HWY_ATTR { return hn::Add(load(place.bias + of), sum); });
      } else {
        each([](const float*, int64_t, VF sum) HWY_ATTR { return sum; });
      }
    }
  }
};

void combine_pairs(const float* x, int64_t samples, int64_t tokens, int64_t cols, int64_t col, int64_t begin,
                   int64_t end, float* out) {
  const F32 df;
  const int64_t half = tokens / 2, half_cols = cols / 2, pairs = samples * half;
  const int64_t columns = std::min(strassen_run(cols), half_cols - col);
  const int64_t matrix = columns * pairs;  // values of one of the seven
  for (int64_t group = 0; group < columns / regrouped_columns; ++group) {
    for (int64_t pair = begin; pair < end; ++pair) {
      const float* upper = x + (pair / half * tokens + pair % half) * cols + col + group * regrouped_columns;
      const float* lower = upper + half * cols;
      float* to = out + (group * pairs + pair) * regrouped_columns;
      for (int64_t i = 0; i < regrouped_columns; i += lanes, to += lanes) {
        const VF x11 = load(upper + i), x12 = load(upper + half_cols + i), x21 = load(lower + i),
                 x22 = load(lower + half_cols + i);
        hn::StoreU(hn::Add(x11, x22), df, to);
        hn::StoreU(hn::Add(x21, x22), df, to + matrix);
        hn::StoreU(x11, df, to + 2 * matrix);
        hn::StoreU(x22, df, to + 3 * matrix);
        hn::StoreU(hn::Add(x11, x12), df, to + 4 * matrix);
        hn::StoreU(hn::Sub(x21, x11), df, to + 5 * matrix);
        hn::StoreU(hn::Sub(x12, x22), df, to + 6 * matrix);
      }
    }
  }
}

// The sum of two quarters of the weights, of the tiles from `row` to `end` of a half, `columns` columns of the run.
template <typename T>
HWY_INLINE void widen_sum(const StrassenProduct& of, const Product& product, int64_t row, int64_t end, int64_t columns,
                          float* to) {
  const F32 df;
  const auto at = [&](const Quarter& quarter, int64_t r) {
    return reinterpret_cast<const T*>(of.packed) + (quarter.row_half * (of.rows / 2) + r) * of.cols +
           (quarter.col_half * (of.cols / 2) + of.col) * tile;
  };
  const int factor = product.weights[1].factor;
  for (; row < end; row += tile, to += tile * columns) {
    const T *a = at(product.weights[0], row), *b = at(product.weights[1], row);
    for (int64_t i = 0; i < tile * columns; i += lanes) {
      VF sum = load(a + i);
      if (factor > 0) sum = hn::Add(sum, load(b + i));
      if (factor < 0) sum = hn::Sub(sum, load(b + i));
      hn::StoreU(sum, df, to + i);
    }
  }
}

template <typename T>
void multiply_halves(const StrassenProduct& of, int64_t token_begin, int64_t token_end, int64_t row_begin,
                     int64_t row_end) {
  static thread_local std::vector<float> widened;
  widened.resize(static_cast<size_t>(group_rows * longest_strassen_run));
  const int64_t half = of.tokens / 2, half_rows = of.rows / 2, pairs = of.samples * half;
  const int64_t columns = std::min(strassen_run(of.cols), of.cols / 2 - of.col);
  for (int64_t row = row_begin; row < row_end; row += group_rows) {
    const int64_t end = std::min(row + group_rows, row_end);
    for (int64_t number = 0; number < 7; ++number) {
      const Product& product = products[number];
      widen_sum<T>(of, product, row, end, columns, widened.data());
      const float* x = of.combined + number * columns * pairs;
      for (int64_t first = token_begin, stop = 0; first < token_end; first = stop) {  // sample by sample
        const int64_t sample = first / half, place = first % half;
        stop = std::min(token_end, (sample + 1) * half);
        Results results{{}, product.count, of.y_stride};
        for (size_t i = 0; i < static_cast<size_t>(product.count); ++i) {
          const Place& to = product.places[i];
          const int64_t token = sample * of.tokens + to.token_half * half + place, first_row = to.row_half * half_rows;
          results.places[i] = {of.y + token * of.y_stride + first_row,
                               to.into == Into::set && of.col > 0 ? Into::add : to.into,
                               of.bias != nullptr ? of.bias + first_row : nullptr};
        }
        all_tokens<float, RegroupedRows>({widened.data(), tile * columns, columns},
                                         {x + first * regrouped_columns, pairs * regrouped_columns, 0}, stop - first,
                                         results, row, end);
      }
    }
  }
}

void multiply_strassen(const StrassenProduct& product, int64_t token_begin, int64_t token_end, int64_t row_begin,
                       int64_t row_end) {
  if (product.type == DType::f32) {
    multiply_halves<float>(product, token_begin, token_end, row_begin, row_end);
  } else if (product.type == DType::f16) {
    multiply_halves<hwy::float16_t>(product, token_begin, token_end, row_begin, row_end);
  } else {
    multiply_halves<hwy::bfloat16_t>(product, token_begin, token_end, row_begin, row_end);
  }
}

}  // namespace diptych::kernels::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace diptych::kernels::cpu {

HWY_EXPORT(combine_pairs);
HWY_EXPORT(multiply_strassen);

bool pays_strassen(int64_t tokens, int64_t rows, int64_t cols) {
  return tokens >= 512 && tokens % 2 == 0 && rows >= 640 && cols >= 640;
}

bool takes_strassen(DType type, int64_t rows, int64_t cols) {
  return !is_quantized(type) && rows % (2 * tile) == 0 && cols % (2 * regrouped_columns) == 0;
}

int64_t strassen_run(int64_t cols) {
  const int64_t groups = cols / 2 / regrouped_columns, most = longest_strassen_run / regrouped_columns;
  const int64_t runs = (groups + most - 1) / most;
  return (groups + runs - 1) / runs * regrouped_columns;
}

int64_t strassen_values(int64_t samples, int64_t tokens, int64_t cols) {
  return 7 * strassen_run(cols) * (samples * tokens / 2);
}

void strassen_combine(const float* x, int64_t samples, int64_t tokens, int64_t cols, int64_t col, int64_t begin,
                      int64_t end, float* out) {
  assert(tokens % 2 == 0 && cols % (2 * regrouped_columns) == 0 && end <= samples * tokens / 2);
  HWY_DYNAMIC_DISPATCH(combine_pairs)(x, samples, tokens, cols, col, begin, end, out);
}

void strassen_matmul(const StrassenProduct& product, int64_t token_begin, int64_t token_end, int64_t row_begin,
                     int64_t row_end) {
  assert(takes_strassen(product.type, product.rows, product.cols) && product.tokens % 2 == 0 && row_begin % tile == 0);
  HWY_DYNAMIC_DISPATCH(multiply_strassen)(product, token_begin, token_end, row_begin, row_end);
}

}  // namespace diptych::kernels::cpu
#endif
