// Adafactor (Shazeer & Stern 2018) without first moments, with the arithmetic of transformers' Adafactor: a matrix
// [rows, columns] remembers rows + columns second moments in place of rows * columns. Axes before the last two are
// matrices of their own; a vector keeps all of its moments.
#include "kernels/cpu/adafactor.h"

#include <algorithm>
#include <cmath>

#include "engine/train/optimizers/master_values.h"
#include "engine/train/optimizers/optimizers.h"
#include "engine/train/optimizers/ranges.h"

namespace diptych::train {
namespace {

constexpr float gradient_epsilon = 1e-30f;  // added to squares
constexpr double smallest_scale = 1e-3;     // of a parameter whose values are all but zero
constexpr double clip_threshold = 1, decay_power = -0.8;
constexpr int64_t column_range = 512;

class Adafactor final : public Optimizer {
 public:
  Adafactor(Context& ctx, const OptimizerOptions& options, const Parameters& parameters)
      : Optimizer(ctx), options_(options) {
    for (const Parameter& parameter : parameters) {
      const Shape& shape = parameter.value.shape();
      Memory one;
      one.columns = shape.rank() == 0 ? 1 : shape[-1];
      if (shape.rank() < 2) {
        one.column = add_state(ctx, parameter.name + ".second_moment", {one.columns});
      } else {
        one.rows = shape[-2];
        one.matrices = shape.elements() / (one.rows * one.columns);
        one.row = add_state(ctx, parameter.name + ".second_moment_rows", {one.matrices, one.rows});
        one.column = add_state(ctx, parameter.name + ".second_moment_columns", {one.matrices, one.columns});
      }
      memory_.push_back(one);
    }
  }

  void step(Context& ctx, const Parameters& parameters, double learning_rate) override {
    assert(parameters.size() == memory_.size());
    declare(ctx, "adafactor", parameters, 14, 20, 4);
    const int64_t t = next_step();
    if (ctx.is_meta()) return;
    const double count = static_cast<double>(t);
    const double gain = std::pow(count, decay_power);
    const double rate = options_.relative_step ? std::min(1e-2, 1 / std::sqrt(count)) : learning_rate;
    for (size_t i = 0; i < parameters.size(); ++i) {
      const MasterValues values(ctx, parameters[i]);
      change(ctx, parameters[i], values.values(), memory_[i], rate, gain);
      values.store(ctx, options_.seed, t);
    }
  }

 private:
  struct Memory {
    int64_t matrices = 1, rows = 1, columns = 1;
    Tensor row, column;  // f32 [matrices, rows] (none for vectors), [matrices, columns]
  };

  void change(Context& ctx, const Parameter& parameter, Tensor value, const Memory& memory, double rate,
              double gain) const {
    rate *= static_cast<double>(parameter.learning_rate_factor);
    if (options_.scale_by_parameter) rate *= std::max(smallest_scale, root_mean_square(ctx, value));
    update_moments(ctx, parameter.gradient.data<float>(), memory, gain);
    const Factors factors = factors_of(memory);
    const double squares = sum_of_update_squares(ctx, parameter.gradient.data<float>(), memory, factors);
    const double size = std::sqrt(squares / static_cast<double>(parameter.value.elements()));
    const kernels::cpu::AdafactorStep step{.decay = static_cast<float>(-decay_of(options_, parameter) * rate),
                                           .divisor = static_cast<float>(std::max(1.0, size / clip_threshold)),
                                           .step = static_cast<float>(rate)};
    for_rows(ctx, memory, [&](int64_t row) {
      const int64_t at = row * memory.columns;
      kernels::cpu::adafactor(step, parameter.gradient.data<float>() + at, factors.row[static_cast<size_t>(row)],
                              factors.column.data() + row / memory.rows * memory.columns, memory.columns,
                              value.data<float>() + at);
    });
  }

  static double root_mean_square(Context& ctx, const Tensor& x) {
    const double squares = sum_over_ranges(ctx, x.elements(), [&](int64_t begin, int64_t end) {
      return kernels::cpu::sum_of_squares(x.data<float>() + begin, end - begin);
    });
    return std::sqrt(squares / static_cast<double>(x.elements()));
  }

  // body(row) for all rows of all matrices.
  template <typename Body>
  static void for_rows(Context& ctx, const Memory& memory, const Body& body) {
    const int64_t grain = std::max<int64_t>(1, range_values / memory.columns);
    ctx.pool().parallel_for(memory.matrices * memory.rows, grain, [&](int64_t begin, int64_t end) {
      for (int64_t row = begin; row < end; ++row) body(row);
    });
  }

  static void decay(float& moment, double mean, double gain) {
    moment = moment * static_cast<float>(1 - gain) + static_cast<float>(gain) * static_cast<float>(mean);
  }

  static void update_moments(Context& ctx, const float* gradient, const Memory& memory, double gain) {
    if (memory.row) {
      for_rows(ctx, memory, [&](int64_t row) {
        const double sum =
            kernels::cpu::sum_of_offset_squares(gradient + row * memory.columns, gradient_epsilon, memory.columns);
        decay(memory.row.data<float>()[row], sum / static_cast<double>(memory.columns), gain);
      });
    }
    for (int64_t matrix = 0; matrix < memory.matrices; ++matrix) {
      const float* first = gradient + matrix * memory.rows * memory.columns;
      float* moments = memory.column.data<float>() + matrix * memory.columns;
      ctx.pool().parallel_for(memory.columns, column_range, [&](int64_t begin, int64_t end) {
        std::vector<double> sums(static_cast<size_t>(end - begin));
        for (int64_t row = 0; row < memory.rows; ++row) {
          kernels::cpu::add_offset_squares(first + row * memory.columns + begin, gradient_epsilon, end - begin,
                                           sums.data());
        }
        for (int64_t i = begin; i < end; ++i) {
          decay(moments[i], sums[static_cast<size_t>(i - begin)] / static_cast<double>(memory.rows), gain);
        }
      });
    }
  }

  // The inverse root of a second moment is the product of its row's and its column's.
  struct Factors {
    std::vector<float> row, column;  // [matrices * rows], [matrices * columns]
  };
  static Factors factors_of(const Memory& memory) {
    Factors factors{std::vector<float>(static_cast<size_t>(memory.matrices * memory.rows), 1.0f),
                    std::vector<float>(static_cast<size_t>(memory.matrices * memory.columns))};
    const std::span<const float> columns = memory.column.span<const float>();
    for (size_t i = 0; i < columns.size(); ++i) factors.column[i] = 1.0f / std::sqrt(columns[i]);
    for (int64_t matrix = 0; matrix < memory.matrices && memory.row; ++matrix) {
      const float* rows = memory.row.data<float>() + matrix * memory.rows;
      double sum = 0;
      for (int64_t i = 0; i < memory.rows; ++i) sum += static_cast<double>(rows[i]);
      const auto mean = static_cast<float>(sum / static_cast<double>(memory.rows));
      for (int64_t i = 0; i < memory.rows; ++i) {
        factors.row[static_cast<size_t>(matrix * memory.rows + i)] = 1.0f / std::sqrt(rows[i] / mean);
      }
    }
    return factors;
  }

  static double sum_of_update_squares(Context& ctx, const float* gradient, const Memory& memory,
                                      const Factors& factors) {
    std::vector<double> sums(static_cast<size_t>(memory.matrices * memory.rows));
    for_rows(ctx, memory, [&](int64_t row) {
      sums[static_cast<size_t>(row)] = kernels::cpu::sum_of_scaled_squares(
          gradient + row * memory.columns, factors.row[static_cast<size_t>(row)],
          factors.column.data() + row / memory.rows * memory.columns, memory.columns);
    });
    double sum = 0;
    for (const double one : sums) sum += one;
    return sum;
  }

  OptimizerOptions options_;
  std::vector<Memory> memory_;
};

}  // namespace

MadeOptimizer make_adafactor(Context& ctx, const OptimizerOptions& options, const Parameters& parameters) {
  return std::make_unique<Adafactor>(ctx, options, parameters);
}

}  // namespace diptych::train
