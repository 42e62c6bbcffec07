#include "app/cli/image_files.h"

#include <algorithm>

#include "engine/core/error.h"
#include "engine/diffusion/latents.h"
#include "engine/diffusion/pictures/image_tensor.h"
#include "engine/io/formats/tensor_file.h"
#include "engine/io/images/image_resize.h"

namespace diptych::cli {
namespace {

Tensor tensor_of_planes(Context& ctx, std::span<const float> planes, int64_t channels, int64_t height, int64_t width) {
  Tensor tensor = ctx.output({1, channels, height, width});
  if (!tensor.is_meta()) std::copy_n(planes.begin(), tensor.elements(), tensor.data<float>());
  return tensor;
}

}  // namespace

Tensor read_picture(Context& ctx, const std::filesystem::path& path, int64_t width, int64_t height, int64_t multiple) {
  const Image8 image = read_image(path).image;
  if (width == 0) width = std::max(multiple, image.width / multiple * multiple);
  if (height == 0) height = std::max(multiple, image.height / multiple * multiple);
  return tensor_of_planes(ctx, diffusion::image_planes(resized(image, width, height), diffusion::PixelRange::unit), 3,
                          height, width);
}

Tensor read_mask(Context& ctx, const std::filesystem::path& path, int64_t width, int64_t height) {
  const Image8 image = resized(read_image(path).image, width, height);
  const std::vector<float> planes = diffusion::image_planes(image, diffusion::PixelRange::unit);
  const auto pixels = static_cast<size_t>(width * height);
  std::vector<float> brightness(pixels);
  for (size_t i = 0; i < pixels; ++i) {  // ITU-R BT.601
    brightness[i] = 0.299f * planes[i] + 0.587f * planes[pixels + i] + 0.114f * planes[2 * pixels + i];
  }
  return tensor_of_planes(ctx, brightness, 1, height, width);
}

Tensor read_latents(Context& ctx, const diffusion::ImageModel& model, const std::filesystem::path& path, int64_t width,
                    int64_t height) {
  TensorMap tensors = read_tensors(ctx, path);
  const auto found = tensors.find("latents");
  if (found == tensors.end()) {
    throw Error(ErrorCategory::invalid_file, "cannot read latents", path.string(), "it holds no tensor 'latents'",
                "give a file that --dump-latents wrote");
  }
  if (found->second.dtype() != DType::f32) {
    throw Error(ErrorCategory::invalid_file, "cannot read latents", path.string(),
                "its latents are " + std::string(dtype_name(found->second.dtype())), "write them as float32");
  }
  if (found->second.shape().rank() != 3) return found->second;
  const int64_t scale = model.autoencoder->info().scale;
  return diffusion::unpack_latents(ctx, found->second, height / scale, width / scale);
}

Image8 picture_of(const Tensor& images, int64_t row) {
  const int64_t channels = images.dim(1), height = images.dim(2), width = images.dim(3);
  const auto values = static_cast<size_t>(channels * height * width);
  return diffusion::image_of_planes(images.span<float>().subspan(static_cast<size_t>(row) * values, values),
                                    static_cast<int>(channels), height, width, diffusion::PixelRange::unit);
}

std::filesystem::path numbered(const std::filesystem::path& path, int64_t index) {
  if (index == 0) return path;
  std::filesystem::path result = path;
  result.replace_filename(path.stem().string() + "-" + std::to_string(index + 1) + path.extension().string());
  return result;
}

}  // namespace diptych::cli
