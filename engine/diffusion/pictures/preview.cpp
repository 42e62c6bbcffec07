#include "engine/diffusion/pictures/preview.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>

#include "engine/diffusion/latents.h"
#include "engine/diffusion/noise/noise_streams.h"
#include "engine/diffusion/pictures/image_tensor.h"
#include "engine/diffusion/solvers/symmetric.h"

namespace diptych::diffusion {
namespace {

constexpr size_t colours = 3;

// Calls body(latent [channels + 1, a 1 behind], row, y, x) for each place.
template <typename Body>
void for_latents(const Tensor& latents, const Body& body) {
  const auto channels = static_cast<size_t>(latents.dim(1));
  const int64_t height = latents.dim(2), width = latents.dim(3), places = height * width;
  std::vector<double> latent(channels + 1, 1.0);
  for (int64_t row = 0; row < latents.dim(0); ++row) {
    const float* values = latents.data<float>() + row * latents.dim(1) * places;
    for (int64_t i = 0; i < places; ++i) {
      for (size_t c = 0; c < channels; ++c) latent[c] = values[static_cast<int64_t>(c) * places + i];
      body(latent, row, i / width, i % width);
    }
  }
}

// The mean of a colour over the pixels of a latent.
double mean_pixel(const Tensor& images, int64_t plane, int64_t y, int64_t x, int64_t scale) {
  const int64_t width = images.dim(3);
  const float* values = images.data<float>() + plane * images.dim(2) * width;
  double sum = 0;
  for (int64_t i = y * scale; i < (y + 1) * scale; ++i) {
    for (int64_t j = x * scale; j < (x + 1) * scale; ++j) sum += values[i * width + j];
  }
  return sum / static_cast<double>(scale * scale);
}

}  // namespace

PreviewMap fitted_preview(const Tensor& latents, const Tensor& images) {
  assert(images.dim(0) == latents.dim(0) && images.dim(1) == static_cast<int64_t>(colours));
  const int64_t scale = images.dim(2) / latents.dim(2);
  const auto unknowns = static_cast<size_t>(latents.dim(1) + 1);
  SymmetricMatrix products(unknowns);
  std::array<std::vector<double>, colours> right;
  right.fill(std::vector<double>(unknowns));
  double places = 0;
  for_latents(latents, [&](const std::vector<double>& latent, int64_t row, int64_t y, int64_t x) {
    for (size_t i = 0; i < unknowns; ++i) {
      for (size_t j = 0; j < unknowns; ++j) products.at(i, j) += latent[i] * latent[j];
    }
    for (size_t c = 0; c < colours; ++c) {
      const double colour = mean_pixel(images, row * 3 + static_cast<int64_t>(c), y, x, scale);
      for (size_t i = 0; i < unknowns; ++i) right[c][i] += latent[i] * colour;
    }
    ++places;
  });
  // A little of ridge regression: channels that do not vary get weights near 0.
  for (size_t i = 0; i < unknowns; ++i) products.at(i, i) += 1e-6 * places;
  PreviewMap map{latents.dim(1), {}};
  for (const std::vector<double>& b : right) {
    for (const double weight : solved(products, b)) map.weights.push_back(static_cast<float>(weight));
  }
  return map;
}

PreviewMap measured_preview(Context& ctx, const ImageAutoencoder& autoencoder) {
  constexpr int64_t side = 12, block = 2;  // latents that vary slowly, as those of pictures do
  const int64_t channels = autoencoder.info().latent_channels;
  Tensor latents = ctx.output({1, channels, side, side});
  std::vector<float> drawn(static_cast<size_t>(channels * (side / block) * (side / block)));
  PhiloxNoise(0).fill_normal(drawn);
  for (int64_t i = 0; i < latents.elements(); ++i) {
    const int64_t plane = i / (side * side), y = i / side % side, x = i % side;
    const int64_t from = (plane * (side / block) + y / block) * (side / block) + x / block;
    latents.data<float>()[i] = drawn[static_cast<size_t>(from)];
  }
  return fitted_preview(latents, decode_latents(ctx, autoencoder, latents));
}

PreviewMap principal_preview(const Tensor& latents) {
  const auto channels = static_cast<size_t>(latents.dim(1));
  std::vector<double> mean(channels);
  SymmetricMatrix covariance(channels);
  double places = 0;
  for_latents(latents, [&](const std::vector<double>& latent, int64_t, int64_t, int64_t) {
    for (size_t i = 0; i < channels; ++i) {
      mean[i] += latent[i];
      for (size_t j = 0; j < channels; ++j) covariance.at(i, j) += latent[i] * latent[j];
    }
    ++places;
  });
  for (double& value : mean) value /= places;
  for (size_t i = 0; i < channels; ++i) {
    for (size_t j = 0; j < channels; ++j) covariance.at(i, j) = covariance.at(i, j) / places - mean[i] * mean[j];
  }
  const std::vector<Eigenvector> components = eigenvectors(covariance);
  PreviewMap map{latents.dim(1), std::vector<float>(colours * (channels + 1))};
  for (size_t c = 0; c < colours; ++c) {
    double constant = 0.5;
    if (c < components.size()) {
      // Two deviations on both sides fill the range.
      const double scale = 0.25 / std::sqrt(std::max(components[c].value, 1e-12));
      for (size_t i = 0; i < channels; ++i) {
        const double weight = scale * components[c].direction[i];
        map.weights[c * (channels + 1) + i] = static_cast<float>(weight);
        constant -= weight * mean[i];
      }
    }
    map.weights[c * (channels + 1) + channels] = static_cast<float>(constant);
  }
  return map;
}

Image8 preview_of(const PreviewMap& map, const Tensor& latents, int64_t row) {
  assert(map.channels == latents.dim(1));
  const int64_t height = latents.dim(2), width = latents.dim(3);
  const auto places = static_cast<size_t>(height * width), channels = static_cast<size_t>(map.channels);
  const float* values = latents.data<float>() + row * map.channels * height * width;
  std::vector<float> planes(colours * places);
  for (size_t c = 0; c < colours; ++c) {
    const float* weights = map.weights.data() + c * (channels + 1);
    float* plane = planes.data() + c * places;
    std::fill_n(plane, places, weights[channels]);
    for (size_t k = 0; k < channels; ++k) {
      const float weight = weights[k];
      const float* channel = values + k * places;
      for (size_t i = 0; i < places; ++i) plane[i] += weight * channel[i];
    }
  }
  return image_of_planes(planes, 3, height, width, PixelRange::unit);
}

}  // namespace diptych::diffusion
