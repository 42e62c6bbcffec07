#include "engine/host/images/plot_grid.h"

#include <algorithm>

#include "engine/io/images/image_resize.h"

namespace diptych::host {
namespace {

constexpr int64_t most_side = 8192;
constexpr int64_t gap = 8, page_gap = 32;

void paste(Image8& onto, const Image8& picture, int64_t left, int64_t top) {
  for (int64_t y = 0; y < picture.height; ++y) {
    for (int64_t x = 0; x < picture.width; ++x) {
      const uint8_t* from = &picture.pixels[static_cast<size_t>((y * picture.width + x) * picture.channels)];
      uint8_t* to = &onto.pixels[static_cast<size_t>(((top + y) * onto.width + left + x) * 3)];
      for (int c = 0; c < 3; ++c) to[c] = from[picture.channels >= 3 ? c : 0];
    }
  }
}

}  // namespace

PlotGrid::PlotGrid(const api::PlotRequest& request) : counts_{1, 1, 1} {
  for (size_t i = 0; i < request.axes.size(); ++i) counts_[i] = static_cast<int64_t>(request.axes[i].values.size());
}

void PlotGrid::add(const std::vector<int>& at, const Image8& picture) {
  const int64_t width = std::max<int64_t>(16, (most_side - gap * counts_[0]) / counts_[0]);
  const int64_t height = std::max<int64_t>(16, (most_side - page_gap * counts_[2]) / (counts_[1] * counts_[2]) - gap);
  const double scale = std::min({1.0, static_cast<double>(width) / static_cast<double>(picture.width),
                                 static_cast<double>(height) / static_cast<double>(picture.height)});
  const auto side = [&](int64_t pixels) {
    return std::max<int64_t>(1, static_cast<int64_t>(static_cast<double>(pixels) * scale));
  };
  cells_[at] = scale < 1 ? resized(picture, side(picture.width), side(picture.height)) : picture;
}

Image8 PlotGrid::picture() const {
  int64_t width = 1, height = 1;
  for (const auto& [at, cell] : cells_) {
    width = std::max(width, cell.width);
    height = std::max(height, cell.height);
  }
  Image8 grid;
  grid.width = counts_[0] * (width + gap) - gap;
  grid.height = counts_[2] * (counts_[1] * (height + gap) - gap + page_gap) - page_gap;
  grid.pixels.assign(static_cast<size_t>(grid.width * grid.height * 3), 255);
  for (const auto& [at, cell] : cells_) {
    const int64_t column = at[0], row = at.size() > 1 ? at[1] : 0, page = at.size() > 2 ? at[2] : 0;
    const int64_t left = column * (width + gap) + (width - cell.width) / 2;
    const int64_t top =
        page * (counts_[1] * (height + gap) - gap + page_gap) + row * (height + gap) + (height - cell.height) / 2;
    paste(grid, cell, left, top);
  }
  return grid;
}

}  // namespace diptych::host
