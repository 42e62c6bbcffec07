// A convolution as its kernels see it.
#pragma once

#include "engine/ops/conv.h"
#include "kernels/cpu/conv.h"

namespace diptych::cpu_ops {

kernels::cpu::ConvImage conv_image(const Tensor& x, const ConvShape& shape, const Upsampling& upsampling);

}  // namespace diptych::cpu_ops
