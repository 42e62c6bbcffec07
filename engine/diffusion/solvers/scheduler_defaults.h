// The parameters of each diffusers scheduler class with their defaults (diffusers 0.42).
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "engine/diffusion/solvers/scheduler_config.h"

namespace diptych::diffusion {

struct SchedulerDefaults {
  SchedulerClass scheduler;
  std::string_view name;        // "DDIMScheduler"
  std::string_view parameters;  // JSON object: every parameter that the class takes, with its default
};

const std::vector<SchedulerDefaults>& scheduler_defaults();

// Parameters of classes that are not implemented; passed over when another class's configuration carries them.
bool is_known_parameter(std::string_view name);

}  // namespace diptych::diffusion
