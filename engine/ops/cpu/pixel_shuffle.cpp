#include "engine/ops/pixel_shuffle.h"

#include <vector>

#include "engine/ops/cpu/cpu_ops.h"

namespace diptych::cpu_ops {
namespace {

constexpr int64_t pixels_per_range = 256;

// Where the blocks of side x side pixels of a large image lie that the pixels of a small one belong to.
struct Blocks {
  int64_t side, columns;  // of the small image
  int64_t channels;       // of the large one

  // The first channel of a block's pixel (0, 0). Lines of all rows stand one below the other.
  int64_t corner(int64_t block) const { return (block / columns * side * columns + block % columns) * side * channels; }
  int64_t line_step() const { return columns * side * channels; }
};

}  // namespace

void pixel_shuffle(ThreadPool& pool, const Tensor& x, int64_t side, Tensor& y) {
  const Blocks blocks{side, x.dim(2), y.dim(3)};
  const int64_t channels = x.dim(3), repeats = blocks.channels * side * side / channels;
  std::vector<int64_t> sources;  // the channels of x, in the order of a block's values
  for (int64_t line = 0; line < side; ++line) {
    for (int64_t column = 0; column < side; ++column) {
      for (int64_t c = 0; c < blocks.channels; ++c) sources.push_back(((c * side + line) * side + column) / repeats);
    }
  }
  const int64_t values_of_line = side * blocks.channels;
  pool.parallel_for(x.elements() / channels, pixels_per_range, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const float* pixel = x.data<float>() + i * channels;
      const int64_t* source = sources.data();
      for (int64_t line = 0; line < side; ++line) {
        float* out = y.data<float>() + blocks.corner(i) + line * blocks.line_step();
        for (int64_t v = 0; v < values_of_line; ++v) out[v] = pixel[*source++];
      }
    }
  });
}

void pixel_unshuffle(ThreadPool& pool, const Tensor& x, int64_t side, Tensor& y) {
  const Blocks blocks{side, y.dim(2), x.dim(3)};
  const int64_t channels = y.dim(3), group = blocks.channels * side * side / channels;
  std::vector<int64_t> sources;  // from a block's corner, in the order of the small image's channels
  for (int64_t c = 0; c < blocks.channels; ++c) {
    for (int64_t line = 0; line < side; ++line) {
      for (int64_t column = 0; column < side; ++column) {
        sources.push_back(line * blocks.line_step() + column * blocks.channels + c);
      }
    }
  }
  pool.parallel_for(y.elements() / channels, pixels_per_range, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const float* corner = x.data<float>() + blocks.corner(i);
      const int64_t* source = sources.data();
      for (int64_t c = 0; c < channels; ++c) {
        float sum = 0;
        for (int64_t g = 0; g < group; ++g) sum += corner[*source++];
        y.data<float>()[i * channels + c] = sum / static_cast<float>(group);
      }
    }
  });
}

}  // namespace diptych::cpu_ops
