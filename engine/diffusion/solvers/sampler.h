// Solvers by the names that users of A1111 and ComfyUI know, on any schedule and any model: solver and schedule are
// separate choices.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/diffusion/schedules/named_schedule.h"
#include "engine/diffusion/solvers/solver.h"

namespace diptych::diffusion {

enum class Sampler {
  euler,
  euler_ancestral,
  heun,
  dpm2,
  dpm2_ancestral,
  dpmpp_2s_ancestral,
  dpmpp_sde,
  dpmpp_2m,
  dpmpp_2m_sde,
  dpmpp_3m_sde,
  ddim,
  ddpm,
  plms,
  lms,
  uni_pc,
  uni_pc_bh2,
  deis,
  lcm,
  tcd,
};

struct SamplerChoice {
  Sampler sampler;
  std::optional<NamedSchedule> schedule;  // names such as "DPM++ 2M Karras" carry one
};

// "euler_a", "Euler a", "dpmpp_2m", "DPM++ 2M SDE Karras", ... Error (invalid_argument) lists the names.
SamplerChoice parse_sampler(std::string_view name);
std::string sampler_name(Sampler sampler);  // our own, "dpmpp_2m"
std::vector<std::string> sampler_names();

struct SamplerOptions {
  int steps = 20;
  std::optional<double> eta;  // share of fresh noise; the solver's usual one if none (DDIM 0, TCD 0.3, ancestral 1)
  int batch = 1;
};

// Error (unsupported) where the solver is not defined on the model's space.
std::unique_ptr<Solver> make_sampler(Sampler sampler, NamedSchedule schedule, const ModelSampling& model,
                                     const SamplerOptions& options);

// The same on given sigmas, of which the last must be 0.
std::unique_ptr<Solver> make_sampler_on(Sampler sampler, std::vector<float> sigmas, const ModelSampling& model,
                                        const SamplerOptions& options);

}  // namespace diptych::diffusion
