#include "engine/ops/pixel_shuffle.h"

#include <vector>

#include "engine/ops/cpu/cpu_ops.h"
#include "engine/ops/cpu/image_gradients.h"

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

// The channels of a small image's pixel, in the order of its block's values in the large one.
std::vector<int64_t> shuffled_channels(int64_t side, int64_t channels, int64_t repeats) {
  std::vector<int64_t> sources;
  for (int64_t line = 0; line < side; ++line) {
    for (int64_t column = 0; column < side; ++column) {
      for (int64_t c = 0; c < channels; ++c) sources.push_back(((c * side + line) * side + column) / repeats);
    }
  }
  return sources;
}

// From a block's corner, in the order of the small image's channels.
std::vector<int64_t> unshuffled_places(const Blocks& blocks) {
  std::vector<int64_t> sources;
  for (int64_t c = 0; c < blocks.channels; ++c) {
    for (int64_t line = 0; line < blocks.side; ++line) {
      for (int64_t column = 0; column < blocks.side; ++column) {
        sources.push_back(line * blocks.line_step() + column * blocks.channels + c);
      }
    }
  }
  return sources;
}

}  // namespace

void pixel_shuffle(ThreadPool& pool, const Tensor& x, int64_t side, Tensor& y) {
  const Blocks blocks{side, x.dim(2), y.dim(3)};
  const int64_t channels = x.dim(3), repeats = blocks.channels * side * side / channels;
  const std::vector<int64_t> sources = shuffled_channels(side, blocks.channels, repeats);
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
  const std::vector<int64_t> sources = unshuffled_places(blocks);
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

void pixel_shuffle_gradients(ThreadPool& pool, const Tensor& dy, int64_t side, Tensor& dx) {
  const Blocks blocks{side, dx.dim(2), dy.dim(3)};
  const int64_t channels = dx.dim(3), repeats = blocks.channels * side * side / channels;
  const std::vector<int64_t> sources = shuffled_channels(side, blocks.channels, repeats);
  pool.parallel_for(dx.elements() / channels, pixels_per_range, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      float* pixel = dx.data<float>() + i * channels;
      const int64_t* source = sources.data();
      for (int64_t line = 0; line < side; ++line) {
        const float* values = dy.data<float>() + blocks.corner(i) + line * blocks.line_step();
        for (int64_t v = 0; v < side * blocks.channels; ++v) pixel[*source++] += values[v];
      }
    }
  });
}

void pixel_unshuffle_gradients(ThreadPool& pool, const Tensor& dy, int64_t side, Tensor& dx) {
  const Blocks blocks{side, dy.dim(2), dx.dim(3)};
  const int64_t channels = dy.dim(3), group = blocks.channels * side * side / channels;
  const std::vector<int64_t> sources = unshuffled_places(blocks);
  pool.parallel_for(dy.elements() / channels, pixels_per_range, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      float* corner = dx.data<float>() + blocks.corner(i);
      const int64_t* source = sources.data();
      for (int64_t c = 0; c < channels; ++c) {
        const float each = dy.data<float>()[i * channels + c] / static_cast<float>(group);
        for (int64_t g = 0; g < group; ++g) corner[*source++] += each;
      }
    }
  });
}

}  // namespace diptych::cpu_ops
