#include "engine/diffusion/pictures/tiles.h"

#include <algorithm>
#include <cassert>

namespace diptych::diffusion {
namespace {

// Where tiles begin along one side.
std::vector<int64_t> starts_of(int64_t size, int64_t side, int64_t overlap, int64_t multiple) {
  if (size <= side) return {0};
  const int64_t room = size - side, step = std::max(multiple, side - overlap);
  const int64_t count = (room + step - 1) / step;  // beside the first
  std::vector<int64_t> starts;
  for (int64_t i = 0; i <= count; ++i) {
    // Evenly, rounded down to the multiple; the last one ends where the picture does.
    starts.push_back(i == count ? room : room * i / count / multiple * multiple);
  }
  return starts;
}

// Rises linearly over the overlap from an edge that another tile reaches across.
float ramp(int64_t place, int64_t size, int64_t begin, int64_t whole, int64_t overlap) {
  float weight = 1;
  const auto along = [overlap](int64_t distance) {
    return static_cast<float>(distance + 1) / static_cast<float>(overlap + 1);
  };
  if (begin > 0 && place < overlap) weight = std::min(weight, along(place));
  if (begin + size < whole && size - 1 - place < overlap) weight = std::min(weight, along(size - 1 - place));
  return weight;
}

}  // namespace

std::vector<Tile> tiles_of(int64_t height, int64_t width, int64_t side, int64_t overlap, int64_t multiple) {
  assert(side > overlap && side % multiple == 0);
  std::vector<Tile> tiles;
  for (const int64_t y : starts_of(height, side, overlap, multiple)) {
    for (const int64_t x : starts_of(width, side, overlap, multiple)) {
      tiles.push_back({y, x, std::min(side, height), std::min(side, width)});
    }
  }
  return tiles;
}

Tensor cut_tile(Context& ctx, const Tensor& x, const Tile& tile) {
  Tensor part = ctx.output({x.dim(0), x.dim(1), tile.height, tile.width});
  if (part.is_meta()) return part;
  for (int64_t plane = 0; plane < x.dim(0) * x.dim(1); ++plane) {
    for (int64_t line = 0; line < tile.height; ++line) {
      std::copy_n(x.data<float>() + (plane * x.dim(2) + tile.y + line) * x.dim(3) + tile.x, tile.width,
                  part.data<float>() + (plane * tile.height + line) * tile.width);
    }
  }
  return part;
}

TileBlend::TileBlend(Context& ctx, const Shape& shape, int64_t overlap)
    : sum_(ctx.output(shape)), weights_(ctx.output({shape[2], shape[3]})), overlap_(overlap) {
  if (sum_.is_meta()) return;
  std::ranges::fill(sum_.span<float>(), 0.0f);
  std::ranges::fill(weights_.span<float>(), 0.0f);
}

void TileBlend::add(const Tensor& x, const Tile& tile) {
  if (sum_.is_meta()) return;
  const int64_t height = sum_.dim(2), width = sum_.dim(3), planes = sum_.dim(0) * sum_.dim(1);
  for (int64_t line = 0; line < tile.height; ++line) {
    const float across = ramp(line, tile.height, tile.y, height, overlap_);
    for (int64_t column = 0; column < tile.width; ++column) {
      const float weight = across * ramp(column, tile.width, tile.x, width, overlap_);
      const int64_t place = (tile.y + line) * width + tile.x + column;
      weights_.data<float>()[place] += weight;
      for (int64_t plane = 0; plane < planes; ++plane) {
        sum_.data<float>()[plane * height * width + place] +=
            weight * x.data<float>()[(plane * tile.height + line) * tile.width + column];
      }
    }
  }
}

Tensor TileBlend::result() {
  if (sum_.is_meta()) return sum_;
  const int64_t places = weights_.elements();
  for (int64_t i = 0; i < sum_.elements(); ++i) sum_.data<float>()[i] /= weights_.data<float>()[i % places];
  return sum_;
}

}  // namespace diptych::diffusion
