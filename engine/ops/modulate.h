// How a condition enters a diffusion transformer: it scales, shifts and gates the tokens of its image (Peebles & Xie
// 2023, "adaLN-Zero"). Rows of x belong to images in turn: the first x.dim(0) / images of them to the first.
#pragma once

#include "engine/core/context.h"

namespace diptych {

// x [images * tokens, n], scale and shift [images, n], whose rows may be strided: layer_norm(x) * (1 + scale) + shift,
// the norm without parameters.
Tensor layer_norm_modulate(Context& ctx, const Tensor& x, const Tensor& scale, const Tensor& shift, float eps);

// x and y [images * tokens, n], gate [images, n], rows may be strided: x + gate * y.
Tensor gated_add(Context& ctx, const Tensor& x, const Tensor& gate, const Tensor& y);

}  // namespace diptych
