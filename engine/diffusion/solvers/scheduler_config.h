// A diffusers scheduler_config.json, completed with the defaults of its class.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/diffusion/schedules/schedule.h"
#include "engine/diffusion/schedules/spacing.h"
#include "engine/diffusion/schedules/training_schedule.h"
#include "engine/diffusion/solvers/sample_limit.h"

namespace diptych::diffusion {

enum class SchedulerClass {
  ddim,
  ddpm,
  deis_multistep,
  dpmsolver_multistep,
  dpmsolver_singlestep,
  euler_ancestral,
  euler,
  flow_match_euler,
  flow_match_heun,
  heun,
  kdpm2_ancestral,
  kdpm2,
  lcm,
  lms,
  pndm,
  tcd,
  unipc_multistep,
};

// Which of the alternatives to the model's own sigmas is used.
enum class SigmaKind { training, karras, exponential, beta, lu, flow };

// Fields that a class does not have keep the values given here.
struct SchedulerConfig {
  SchedulerClass scheduler = SchedulerClass::ddim;

  // What the model was trained on.
  int num_train_timesteps = 1000;
  double beta_start = 0.0001, beta_end = 0.02;
  BetaSchedule beta_schedule = BetaSchedule::linear;
  std::vector<float> trained_betas;  // instead of beta_start, beta_end and beta_schedule
  bool rescale_betas_zero_snr = false;
  Prediction prediction = Prediction::epsilon;

  // Where a run evaluates the model.
  Spacing spacing = Spacing::linspace;
  int steps_offset = 0;
  SigmaKind sigmas = SigmaKind::training;
  std::optional<double> sigma_min, sigma_max;
  bool final_sigma_zero = true;       // "final_sigmas_type"
  bool log_linear_sigmas = false;     // "interpolation_type"
  bool continuous_timesteps = false;  // "timestep_type"
  double lambda_min_clipped = 0;      // -infinity: none
  int original_inference_steps = 50;

  // Flow matching.
  double shift = 1;  // "shift", "flow_shift"
  bool dynamic_shift = false, linear_time_shift = false;
  double base_shift = 0.5, max_shift = 1.15;
  int base_image_seq_len = 256, max_image_seq_len = 4096;
  std::optional<double> shift_terminal;
  bool invert_sigmas = false, stochastic_sampling = false;
  bool flow_sigmas = false;  // "use_flow_sigmas", which UniPC also combines with Karras sigmas

  // The solver.
  SampleLimit limit;
  bool set_alpha_to_one = true;
  bool skip_prk_steps = false;
  std::string variance_type;  // empty: none
  int solver_order = 2;
  std::string algorithm_type, solver_type;
  bool lower_order_final = true, euler_at_final = false;
  bool predict_x0 = true;
  std::vector<int> disable_corrector;
  double timestep_scaling = 10;

  TrainingSchedule training_schedule() const;
  // Timesteps that have a noise level: given betas may be fewer than num_train_timesteps, by which runs are spaced.
  int known_timesteps() const;
};

// "EulerDiscreteScheduler" and its like, in alphabetical order.
std::vector<std::string> known_scheduler_classes();
std::string scheduler_class_name(SchedulerClass scheduler);

// `text` is the file's JSON (Python's Infinity and NaN are accepted); `source` names it in errors.
// Error (unsupported): a class or a value that is not implemented. Error (invalid_file): a value of the wrong type, or
// out of range. Parameters of other diffusers classes are passed over, as diffusers does; unknown ones that are set are
// an Error, as they may change numbers.
SchedulerConfig parse_scheduler_config(std::string_view text, const std::string& source);
SchedulerConfig read_scheduler_config(const std::filesystem::path& path);

}  // namespace diptych::diffusion
