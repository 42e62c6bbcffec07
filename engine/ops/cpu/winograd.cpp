#include "kernels/cpu/winograd.h"

#include <algorithm>

#include "engine/ops/cpu/conv_image.h"
#include "engine/ops/cpu/cpu_ops.h"
#include "engine/ops/cpu/scratch_slots.h"
#include "engine/ops/winograd.h"
#include "kernels/cpu/matmul.h"

namespace diptych::cpu_ops {
namespace {

namespace k = kernels::cpu;

// What one range computes: some tiles, some channels of the result.
struct WinogradItem {
  int64_t first_tile, tiles;  // of the block whose input is transformed
  int64_t first_row, rows;
};

}  // namespace

void winograd_conv(ThreadPool& pool, const Tensor& x, const Conv2d& conv, const Upsampling& upsampling, Tensor& input,
                   Tensor& scratch, Tensor& y) {
  const k::ConvImage image = conv_image(x, conv.shape, upsampling);
  const RowBlock& block = conv.matrix.blocks.front();
  const float* bias = block.bias ? block.bias.data<float>() : nullptr;
  const int64_t channels = conv.shape.in_channels, rows = conv.shape.out_channels;
  const int64_t all = x.dim(0) * k::winograd_tiles(image), step = winograd_block(conv.shape, all);
  static_assert(winograd_channels == k::regrouped_columns);
  const int64_t chunk = std::min(channels, winograd_channels), weight_stride = chunk * winograd_rows + k::winograd_gap;
  const int64_t row_groups = (rows + winograd_rows - 1) / winograd_rows;
  ScratchSlots slots(pool.threads());
  for (int64_t begin = 0; begin < all; begin += step) {
    const int64_t count = std::min(step, all - begin), group_stride = count * winograd_channels,
                  input_stride = k::regrouped_groups(channels) * group_stride + k::winograd_gap;
    float* v = input.data<float>();
    pool.parallel_for(count, std::max<int64_t>(1, 1024 / channels), [&](int64_t from, int64_t to) {
      k::winograd_input(x.data<float>(), image, begin + from, begin + to, v + from * winograd_channels, group_stride,
                        input_stride);
    });
    const auto compute = [&](const WinogradItem& item) {
      const ScratchSlots::Slot slot(slots);
      float* u = scratch.data<float>() + slot.index() * scratch.dim(1);
      float* m = u + k::winograd_products * weight_stride;
      const int64_t padded = (item.rows + k::tile_rows() - 1) / k::tile_rows() * k::tile_rows();
      const int64_t product_stride = item.tiles * padded + k::winograd_gap;
      for (int64_t first = 0; first < channels; first += chunk) {
        const int64_t last = std::min(first + chunk, channels), cols = last - first;
        for (int64_t row = 0; row < item.rows; row += k::tile_rows()) {
          k::winograd_weights(block.weight.dtype, block.weight.packed.raw(), channels, item.first_row + row, first,
                              last, u + row * cols, weight_stride);
        }
        for (int64_t product = 0; product < k::winograd_products; ++product) {
          k::regrouped_matmul(DType::f32, reinterpret_cast<const std::byte*>(u + product * weight_stride), padded, cols,
                              v + product * input_stride + first / winograd_channels * group_stride, count,
                              item.first_tile, item.first_tile + item.tiles, 0, padded, nullptr,
                              m + product * product_stride, padded, first > 0);
        }
      }
      for (int64_t row = 0; row < item.rows; row += k::tile_rows()) {
        k::winograd_output(m + row, product_stride, padded, image, begin + item.first_tile,
                           begin + item.first_tile + item.tiles, item.first_row + row,
                           static_cast<int>(std::min(k::tile_rows(), item.rows - row)), bias, y.data<float>(), rows);
      }
    };
    const int64_t most = (count + winograd_group - 1) / winograd_group,
                  size = (count + most * winograd_panel - 1) / (most * winograd_panel) * winograd_panel,
                  groups = (count + size - 1) / size;
    pool.parallel_for(groups * row_groups, 1, [&](int64_t from, int64_t to) {
      for (int64_t i = from; i < to; ++i) {
        const int64_t first = i / row_groups * size, row = i % row_groups * winograd_rows;
        compute({first, std::min(size, count - first), row, std::min(winograd_rows, rows - row)});
      }
    });
  }
}

}  // namespace diptych::cpu_ops
