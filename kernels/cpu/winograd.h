// Winograd's minimal filtering F(4x4, 3x3) (Lavin & Gray 2016): a 3x3 convolution with stride 1 as 36 matrix products
// over tiles of 4x4 pixels of the result, a quarter of the direct method's multiplications.
//
//   result = A^T [ sum over channels of (G g G^T) (B^T d B) ] A       d: 6x6 values of x, g: 3x3 weights
//
// Weights are transformed from the packed matrix of the direct method when they are used, 16 rows at a time, so the
// method costs no memory for them. The points are 0, ±sqrt(1/2), ±sqrt(2) and infinity: results are off by twice what
// the direct method's are, with 0, ±1, ±2 it would be four times (see also Barabasz et al. 2020, and tolerance.h).
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/common/dtype.h"
#include "kernels/cpu/conv.h"

namespace diptych::kernels::cpu {

inline constexpr int64_t winograd_side = 4;       // pixels of a tile
inline constexpr int64_t winograd_products = 36;  // matrix products
// Values to leave between products: transforms write to all 36 at once, and powers of two apart they would meet in one
// set of the cache.
inline constexpr int64_t winograd_gap = 16;

// Tiles of one image; those of all images are numbered one image behind the other.
int64_t winograd_tiles(const ConvImage& image);

// B^T d B of tiles [begin, end), each product with channels regrouped as regrouped_matmul() reads them:
// v[product * product_stride + channel / 64 * group_stride + (tile - begin) * 64 + channel % 64].
void winograd_input(const float* x, const ConvImage& image, int64_t begin, int64_t end, float* v, int64_t group_stride,
                    int64_t product_stride);

// G g G^T of channels [begin, end) of the 16 rows from first_row on (a multiple of 16) of a packed matrix [rows, 9 *
// channels] of f32, f16 or bf16: u[product * product_stride + (channel - begin) * 16 + row], each product a packed f32
// matrix for regrouped_matmul().
void winograd_weights(DType type, const std::byte* packed, int64_t channels, int64_t first_row, int64_t begin,
                      int64_t end, float* u, int64_t product_stride);

// A^T m A of tiles [begin, end), m[product * product_stride + (tile - begin) * tile_stride + row]: rows [first_row,
// first_row + count) of the pixels of y [.., y_stride], with the bias of all rows, or null.
void winograd_output(const float* m, int64_t product_stride, int64_t tile_stride, const ConvImage& image, int64_t begin,
                     int64_t end, int64_t first_row, int count, const float* bias, float* y, int64_t y_stride);

}  // namespace diptych::kernels::cpu
