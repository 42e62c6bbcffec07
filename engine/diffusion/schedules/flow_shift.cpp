#include "engine/diffusion/schedules/flow_shift.h"

#include <cmath>

#include "engine/diffusion/solvers/model_sampling.h"

namespace diptych::diffusion {

std::optional<double> dynamic_shift(const SchedulerConfig& config, int64_t height, int64_t width) {
  if (!config.dynamic_shift) return {};
  const double tokens = static_cast<double>(height * width) / 4;
  const double slope = (config.max_shift - config.base_shift) / (config.max_image_seq_len - config.base_image_seq_len);
  return config.base_shift + slope * (tokens - config.base_image_seq_len);
}

SchedulerConfig with_flow_shift(SchedulerConfig config, std::optional<double> shift) {
  if (!shift) return config;
  config.shift = *shift;
  config.dynamic_shift = false;
  return config;
}

std::optional<double> own_flow_shift(const ImageModel& model, int64_t height, int64_t width) {
  const SchedulerConfig& config = model.scheduler;
  if (ModelSampling(config).space() != Space::flow) return {};
  const int64_t scale = model.autoencoder->info().scale;
  const std::optional<double> mu = dynamic_shift(config, height / scale, width / scale);
  if (!mu) return config.shift;
  return config.linear_time_shift ? *mu : std::exp(*mu);
}

}  // namespace diptych::diffusion
