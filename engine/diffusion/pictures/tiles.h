// Pictures in overlapping tiles that are blended without a seam.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/core/context.h"

namespace diptych::diffusion {

struct Tile {
  int64_t y = 0, x = 0, height = 0, width = 0;
  bool operator==(const Tile&) const = default;
};

// Tiles of at most `side` that cover the picture, neighbours sharing at least `overlap`; all of one size (but for
// pictures that are smaller), evenly spread, at multiples of `multiple`.
std::vector<Tile> tiles_of(int64_t height, int64_t width, int64_t side, int64_t overlap, int64_t multiple = 1);

Tensor cut_tile(Context& ctx, const Tensor& x, const Tile& tile);  // [rows, channels, tile.height, tile.width]

// Sums up tiles, each weighed less towards those of its edges that others share, and divides by the weights.
class TileBlend {
 public:
  TileBlend(Context& ctx, const Shape& shape, int64_t overlap);  // [rows, channels, height, width]
  void add(const Tensor& x, const Tile& tile);
  Tensor result();  // once, when every place is covered

 private:
  Tensor sum_, weights_;  // as the shape; [height, width]
  int64_t overlap_;
};

}  // namespace diptych::diffusion
