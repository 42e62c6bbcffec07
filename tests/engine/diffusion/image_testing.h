// Pipelines of the reference cases and small requests, for tests of runs.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "engine/diffusion/image_run.h"
#include "engine/diffusion/noise/image_noise.h"
#include "models/registry.h"

namespace diptych::testing {

inline const ModelRegistry& image_registry() {
  static const ModelRegistry registry = [] {
    ModelRegistry made;
    models::register_all(made);
    return made;
  }();
  return registry;
}

inline diffusion::ImageModel case_pipeline(Context& ctx, const std::string& name,
                                           const diffusion::ImageStreaming& streaming = {}) {
  const auto folder = std::filesystem::path(DIPTYCH_SOURCE_DIR) / "tests/golden/cases" / name / "model";
  return diffusion::load_image_model(ctx, image_registry(), open_pipeline_folder(folder), {}, streaming);
}

inline diffusion::ImageRequest fox_request() {
  diffusion::ImageRequest request;
  request.prompt = "a fox in the rain";
  request.negative = "blurry";
  request.steps = 3;
  request.width = 32;
  request.height = 16;
  return request;
}

inline diffusion::ImageResult make(Context& ctx, const diffusion::ImageModel& model,
                                   const diffusion::ImageRequest& request, uint64_t seed = 7) {
  const int64_t scale = model.autoencoder->info().scale;
  const int64_t values = model.latent_channels() * (request.height / scale) * (request.width / scale);
  diffusion::ImageNoise noise(diffusion::NoiseKind::torch_cpu, seed, request.images, values);
  return diffusion::make_images(ctx, model, request, noise, [](const diffusion::ImageStep&) {});
}

inline float difference(const Tensor& a, const Tensor& b) {
  EXPECT_EQ(a.shape(), b.shape());
  float largest = 0;
  for (int64_t i = 0; i < a.elements(); ++i) {
    largest = std::max(largest, std::abs(a.data<float>()[i] - b.data<float>()[i]));
  }
  return largest;
}

}  // namespace diptych::testing
