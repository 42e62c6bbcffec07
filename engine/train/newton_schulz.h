// Matrices with the singular vectors of given ones and singular values near 1, without a decomposition (Jordan 2024,
// "Muon: An optimizer for hidden layers in neural networks"): five steps of
//   X <- a X + (b G + c G G) X,  G = X X^T
// from X over its Frobenius norm. The coefficients let small singular values grow as fast as can be and end between
// about 0.7 and 1.2, which serves an optimizer as well as 1.
#pragma once

#include <cstdint>
#include <span>

#include "engine/core/context.h"

namespace diptych::train {

class NewtonSchulz {
 public:
  // Room for matrices of these shapes or their transposes, one at a time. Owner::optimizer.
  NewtonSchulz(Context& ctx, std::span<const Shape> matrices);

  // Where the next matrix goes: f32 [rows, columns], rows <= columns.
  Tensor input(int64_t rows, int64_t columns) const;
  // Of the input, which is overwritten: of the same shape, valid until the next.
  Tensor orthogonal(Context& ctx, const Tensor& input) const;

  static double flops(int64_t rows, int64_t columns);

 private:
  void iterate(Context& ctx, const Tensor& x, Tensor next) const;

  Tensor values_, next_;               // f32, of the largest matrix
  Tensor gram_, scaled_, polynomial_;  // f32 [rows, rows] of the largest
  Tensor packed_;                      // u8: one factor of a product
};

}  // namespace diptych::train
