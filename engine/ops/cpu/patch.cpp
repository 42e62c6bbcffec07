#include "engine/ops/patch.h"

#include "engine/ops/cpu/cpu_ops.h"

namespace diptych::cpu_ops {
namespace {

// Calls copy(place in the image, place in the tokens) for every value, several patches at a time.
template <typename Copy>
void for_patch_values(ThreadPool& pool, const Shape& image, const PatchForm& form, const Copy& copy) {
  const int64_t channels = image[1], frames = image.rank() == 5 ? image[2] : 1, height = image[-2], width = image[-1];
  const int64_t columns = width / form.side, lines = height / form.side, slices = frames / form.frames;
  const int64_t plane = height * width, pixels = form.frames * form.side * form.side, values = channels * pixels;
  const bool channels_first = form.order == PatchOrder::channels_first;
  const int64_t channel_step = channels_first ? pixels : 1, pixel_step = channels_first ? 1 : channels;
  pool.parallel_for(image[0] * slices * lines * columns, 64, [&](int64_t begin, int64_t end) {
    for (int64_t patch = begin; patch < end; ++patch) {
      const int64_t column = patch % columns, line = patch / columns % lines;
      const int64_t slice = patch / (columns * lines) % slices, row = patch / (columns * lines * slices);
      const int64_t corner =
          row * channels * frames * plane + slice * form.frames * plane + line * form.side * width + column * form.side;
      for (int64_t c = 0; c < channels; ++c) {
        int64_t place = patch * values + c * channel_step;
        for (int64_t f = 0; f < form.frames; ++f) {
          for (int64_t y = 0; y < form.side; ++y) {
            const int64_t source = corner + (c * frames + f) * plane + y * width;
            for (int64_t x = 0; x < form.side; ++x, place += pixel_step) copy(source + x, place);
          }
        }
      }
    }
  });
}

}  // namespace

void patchify(ThreadPool& pool, const Tensor& image, const PatchForm& form, Tensor& tokens) {
  const float* source = image.data<float>();
  float* target = tokens.data<float>();
  for_patch_values(pool, image.shape(), form, [=](int64_t pixel, int64_t value) { target[value] = source[pixel]; });
}

void unpatchify(ThreadPool& pool, const Tensor& tokens, const PatchForm& form, Tensor& image) {
  const float* source = tokens.data<float>();
  float* target = image.data<float>();
  for_patch_values(pool, image.shape(), form, [=](int64_t pixel, int64_t value) { target[pixel] = source[value]; });
}

}  // namespace diptych::cpu_ops
