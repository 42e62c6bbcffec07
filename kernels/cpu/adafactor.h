// What Adafactor (Shazeer & Stern 2018) does to rows of a gradient, f32: second moments are kept as a column and a row
// whose outer product stands for them. In the order of operations of transformers' Adafactor.
#pragma once

#include <cstdint>

namespace diptych::kernels::cpu {

// The sum of g g + offset over a row; independent of the instruction set.
double sum_of_offset_squares(const float* gradient, float offset, int64_t count);

// sums += g g + offset, value by value.
void add_offset_squares(const float* gradient, float offset, int64_t count, double* sums);

// The sum of u u, u = row_factor column_factors g, over a row; independent of the instruction set.
double sum_of_scaled_squares(const float* gradient, float row_factor, const float* column_factors, int64_t count);

//   p += decay p;  p -= (row_factor column_factors g) / divisor * step
struct AdafactorStep {
  float decay;    // -weight decay * learning rate
  float divisor;  // brings the root mean square of the update down to the threshold
  float step;     // learning rate
};
void adafactor(const AdafactorStep& step, const float* gradient, float row_factor, const float* column_factors,
               int64_t count, float* value);

}  // namespace diptych::kernels::cpu
