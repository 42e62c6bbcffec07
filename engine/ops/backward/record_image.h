// What the ops of image models leave on the tape: see record.h.
#pragma once

#include "engine/ops/backward/record.h"
#include "engine/ops/conv.h"
#include "engine/ops/group_norm.h"
#include "engine/ops/patch.h"

namespace diptych {

void record_conv2d(Context& ctx, const Tensor& x, const Conv2d& conv, const Upsampling& upsampling, const Tensor& y);
// Of a convolution's add_adapters(): y was changed in place by gain and offset, `up` times ranks [rows, height, width,
// rank], `dense` (like y) and the kernel that the adapter makes. ranks and dense were recorded by their convolutions.
void record_conv_adapter(Context& ctx, const Tensor& x, const Conv2d& conv, const Upsampling& upsampling,
                         const Tensor& ranks, const Tensor& dense, const Tensor& y);
void record_group_norm(Context& ctx, const Tensor& x, const Tensor& weight, const Tensor& bias, int64_t groups,
                       float eps, const GroupNormOptions& options, const Tensor& y);
void record_layer_norm_modulate(Context& ctx, const Tensor& x, const Tensor& scale, const Tensor& shift, float eps,
                                const Tensor& y);
void record_gated_add(Context& ctx, const Tensor& x, const Tensor& gate, const Tensor& y, const Tensor& sum);
void record_concat(Context& ctx, const Tensor& x, const Tensor& y, int axis, const Tensor& joined);
void record_contiguous(Context& ctx, const Tensor& x, const Tensor& y);
void record_patchify(Context& ctx, const Tensor& image, const PatchForm& form, const Tensor& tokens);
void record_unpatchify(Context& ctx, const Tensor& tokens, const PatchForm& form, const Tensor& image);
// Each row's matrix [m, n] as [n, m].
void record_transposed_rows(Context& ctx, const Tensor& x, int64_t m, int64_t n, const Tensor& y);
void record_average_pool(Context& ctx, const Tensor& x, const Tensor& y);
void record_depthwise_conv(Context& ctx, const Tensor& x, const Conv2d& conv, const Upsampling& upsampling,
                           const Tensor& y);
void record_linear_attention(Context& ctx, const AttentionStream& stream, int64_t rows, const Tensor& y);
void record_pixel_shuffle(Context& ctx, const Tensor& x, int64_t side, const Tensor& y);
void record_pixel_unshuffle(Context& ctx, const Tensor& x, int64_t side, const Tensor& y);

}  // namespace diptych
