// What adapters add to a row block while it computes, where they are not merged into its weight:
//   y = gain * (W x) + offset + up (down x) + dense x
// Low-rank adapters (Hu et al. 2021) are `down` and `up` with their scales folded in, several of them side by side;
// DoRA (Liu et al. 2024) scales the rows of W as well; what has no low rank is a matrix of its own.
#pragma once

#include <memory>

#include "engine/ops/conv.h"
#include "engine/ops/dropout.h"
#include "engine/ops/linear.h"

namespace diptych {

// A matrix of an adapter in training that is made of smaller factors each time it is used, and not kept (LoHa, LoKr).
class MadeMatrix {
 public:
  virtual ~MadeMatrix() = default;
  // f32 [rows, cols of W]; of a convolution its columns in the order of the packed kernel.
  virtual Weight make(Context& ctx) = 0;
  // The factors take the gradient of one use, f32 [rows, cols of W] in the same order.
  virtual void take_back(Context& ctx, const Tensor& gradient) = 0;
};

struct BlockAdapter {
  Weight down;          // [rank, cols of W]; of a convolution its columns in the order of the packed kernel
  Weight up;            // [rows, rank]
  Weight dense;         // [rows, cols of W]
  Tensor gain, offset;  // f32 [rows], both or neither; the offset makes up for the bias, which gain leaves alone
  std::shared_ptr<MadeMatrix> made = nullptr;        // in training, one more matrix beside `dense`
  std::shared_ptr<const Dropout> dropout = nullptr;  // in training, of what the adapter sees of x

  bool empty() const { return !up && !dense && !gain && !made; }
};

// A convolution of the same shape with another kernel of some rows, and no bias.
Conv2d with_kernel(const Conv2d& conv, const Weight& kernel);

// Adds what the blocks' adapters say to the results y [tokens, rows] of the layer for x [tokens, cols].
void add_adapters(Context& ctx, const Tensor& x, const Linear& layer, Tensor& y);

// The same for a convolution's result y [rows, height, width, out_channels].
void add_adapters(Context& ctx, const Tensor& x, const Conv2d& conv, const Upsampling& upsampling, Tensor& y);

}  // namespace diptych
