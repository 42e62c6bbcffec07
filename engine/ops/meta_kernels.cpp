// The meta device's table: nothing is computed. Sizes come from the cpu's own functions, so that memory agrees.
#include "engine/ops/kernel_table.h"

namespace diptych {

const KernelTable& meta_kernels() {
  static const KernelTable table = [] {
    KernelTable made = cpu_kernels();
    made.widen = [](DType, const std::byte*, int64_t, Tensor&) {};
    made.narrow = [](ThreadPool&, const Tensor&, Tensor&) {};
    made.quantize = [](ThreadPool&, DType, const std::byte*, int64_t, int64_t, DType, Tensor&) {};
    made.pack = [](ThreadPool&, DType, const std::byte*, int64_t, int64_t, Tensor&) {};
    made.prepare = [](ThreadPool&, DType, const Tensor&, Tensor&) {};
    made.prepare_fine = [](ThreadPool&, DType, const Tensor&, Tensor&) {};
    made.regroup = [](ThreadPool&, const Tensor&, Tensor&) {};
    made.multiply_halves = [](ThreadPool&, std::span<const RowBlock>, const Tensor&, int64_t, Tensor&, Tensor&,
                              int64_t) {};
    made.sum_pairs = [](ThreadPool&, std::span<const RowBlock>, const Tensor&, Tensor&, int64_t) {};
    made.matmul = [](ThreadPool&, std::span<const RowBlock>, const Tensor&, bool, Tensor&, int64_t) {};
    made.add_product = [](ThreadPool&, const Weight&, const Tensor&, Tensor&, int64_t) {};
    made.scale_columns = [](ThreadPool&, const Tensor&, const Tensor&, Tensor&, int64_t) {};
    made.choose_experts = [](ThreadPool&, const Tensor&, int64_t, bool, std::span<int32_t>, std::span<float>) {};
    made.combine_experts = [](ThreadPool&, const Tensor&, int64_t, std::span<const int32_t>, std::span<const float>,
                              Tensor&) {};
    made.embedding = [](ThreadPool&, const Weight&, std::span<const int32_t>, float, Tensor&) {};
    made.rms_norm = [](ThreadPool&, const Tensor&, const Tensor&, float, Tensor&) {};
    made.add_rms_norm = [](ThreadPool&, const Tensor&, const Tensor&, const Tensor&, float, Tensor&, Tensor&) {};
    made.layer_norm = [](ThreadPool&, const Tensor&, const Tensor&, const Tensor&, float, Tensor&) {};
    made.layer_norm_modulate = [](ThreadPool&, const Tensor&, const Tensor&, const Tensor&, float, Tensor&) {};
    made.gated_add = [](ThreadPool&, const Tensor&, const Tensor&, const Tensor&, Tensor&) {};
    made.rope_angles = [](ThreadPool&, std::span<const int32_t>, const Rope&, RopeAngles&) {};
    made.axial_rope_angles = [](ThreadPool&, std::span<const float>, const AxialRope&, RopeAngles&) {};
    made.rope = [](ThreadPool&, const Tensor&, const RopeAngles&, Tensor&) {};
    made.gated_activation = [](ThreadPool&, const Tensor&, Activation, bool, Tensor&) {};
    made.activate = [](ThreadPool&, const Tensor&, Activation, Tensor&) {};
    made.add = [](ThreadPool&, const Tensor&, const Tensor&, Tensor&) {};
    made.add_rows = [](ThreadPool&, const Tensor&, const Tensor&, Tensor&) {};
    made.soft_cap = [](ThreadPool&, const Tensor&, float, Tensor&) {};
    made.scale_offset = [](ThreadPool&, const Tensor&, float, float, Tensor&) {};
    made.clamp = [](ThreadPool&, const Tensor&, float, float, Tensor&) {};
    made.transpose = [](ThreadPool&, const Tensor&, Tensor&) {};
    made.copy_rows = [](ThreadPool&, const Tensor&, std::span<const int32_t>, Tensor&) {};
    made.copy_blocks = [](ThreadPool&, const Tensor&, const BlockCopy&, Tensor&) {};
    made.patchify = [](ThreadPool&, const Tensor&, const PatchForm&, Tensor&) {};
    made.unpatchify = [](ThreadPool&, const Tensor&, const PatchForm&, Tensor&) {};
    made.pixel_shuffle = [](ThreadPool&, const Tensor&, int64_t, Tensor&) {};
    made.pixel_unshuffle = [](ThreadPool&, const Tensor&, int64_t, Tensor&) {};
    made.average_pool = [](ThreadPool&, const Tensor&, Tensor&) {};
    made.store_kv = [](ThreadPool&, const Tensor&, const Tensor&, const KeyValues&) {};
    made.linear_attention = [](ThreadPool&, const AttentionStream&, int64_t, Tensor&, Tensor&, Tensor&) {};
    made.attention = [](ThreadPool&, const Tensor&, const KeyValues&, const AttentionOptions&, Tensor&) {};
    made.reorder_taps = [](ThreadPool&, DType, const std::byte*, const ConvShape&, Tensor&) {};
    made.im2col = [](ThreadPool&, const Tensor&, const ConvShape&, const Upsampling&, int64_t, Tensor&) {};
    made.depthwise_conv = [](ThreadPool&, const Tensor&, const Conv2d&, const Upsampling&, Tensor&) {};
    made.winograd_conv = [](ThreadPool&, const Tensor&, const Conv2d&, const Upsampling&, Tensor&, Tensor&, Tensor&) {};
    made.channel_moments = [](ThreadPool&, const Tensor&, Tensor&) {};
    made.group_norm_factors = [](ThreadPool&, const Tensor&, int64_t, const GroupNormWeights&, const GroupNormOptions&,
                                 Tensor&) {};
    made.scale_channels = [](ThreadPool&, const Tensor&, const Tensor&, bool, Tensor&) {};
    made.group_norm = [](ThreadPool&, const Tensor&, const GroupNormWeights&, const GroupNormOptions&, Tensor&, Tensor&,
                         Tensor&) {};
    return made;
  }();
  return table;
}

const KernelTable& kernel_table(const Context& ctx) {
  assert(ctx.device().kind != DeviceKind::cuda);
  return ctx.is_meta() ? meta_kernels() : cpu_kernels();
}

}  // namespace diptych
