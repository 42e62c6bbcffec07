#include "engine/ops/cpu/cpu_ops.h"

namespace diptych {

const KernelTable& cpu_kernels() {
  static const KernelTable table{
      .packed_bytes = cpu_ops::packed_bytes,
      .pack = cpu_ops::pack,
      .widen = cpu_ops::widen,
      .narrow = cpu_ops::narrow,
      .prepared_row_bytes = cpu_ops::prepared_row_bytes,
      .activation_format = cpu_ops::activation_format,
      .prepare = cpu_ops::prepare,
      .prepare_fine = cpu_ops::prepare_fine,
      .sum_pairs = cpu_ops::sum_pairs,
      .matmul = cpu_ops::matmul,
      .add_product = cpu_ops::add_product,
      .scale_columns = cpu_ops::scale_columns,
      .embedding = cpu_ops::embedding,
      .rms_norm = cpu_ops::rms_norm,
      .add_rms_norm = cpu_ops::add_rms_norm,
      .layer_norm = cpu_ops::layer_norm,
      .layer_norm_modulate = cpu_ops::layer_norm_modulate,
      .gated_add = cpu_ops::gated_add,
      .rope_angles = cpu_ops::rope_angles,
      .axial_rope_angles = cpu_ops::axial_rope_angles,
      .rope = cpu_ops::rope,
      .gated_activation = cpu_ops::gated_activation,
      .activate = cpu_ops::activate,
      .add = cpu_ops::add,
      .add_rows = cpu_ops::add_rows,
      .soft_cap = cpu_ops::soft_cap,
      .scale_offset = cpu_ops::scale_offset,
      .clamp = cpu_ops::clamp,
      .transpose = cpu_ops::transpose,
      .copy_rows = cpu_ops::copy_rows,
      .copy_blocks = cpu_ops::copy_blocks,
      .patchify = cpu_ops::patchify,
      .unpatchify = cpu_ops::unpatchify,
      .pixel_shuffle = cpu_ops::pixel_shuffle,
      .pixel_unshuffle = cpu_ops::pixel_unshuffle,
      .average_pool = cpu_ops::average_pool,
      .store_kv = cpu_ops::store_kv,
      .attention = cpu_ops::attention,
      .linear_attention = cpu_ops::linear_attention,
      .reorder_taps = cpu_ops::reorder_taps,
      .im2col = cpu_ops::im2col,
      .depthwise_conv = cpu_ops::depthwise_conv,
      .winograd_conv = cpu_ops::winograd_conv,
      .channel_moments = cpu_ops::channel_moments,
      .group_norm_factors = cpu_ops::group_norm_factors,
      .scale_channels = cpu_ops::scale_channels,
      .group_norm = cpu_ops::group_norm,
  };
  return table;
}

}  // namespace diptych
