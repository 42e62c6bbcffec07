#include "engine/diffusion/solvers/scheduler_defaults.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

namespace diptych::diffusion {

// sigma_min and sigma_max are no parameters of most classes, but these read them from the configuration all the same.
const std::vector<SchedulerDefaults>& scheduler_defaults() {
  static const std::
      vector<SchedulerDefaults>
          all{
              {SchedulerClass::ddim, "DDIMScheduler",
               R"({"num_train_timesteps": 1000, "beta_start": 0.0001, "beta_end": 0.02, "beta_schedule": "linear", "trained_betas": null, "clip_sample": true, "set_alpha_to_one": true, "steps_offset": 0, "prediction_type": "epsilon", "thresholding": false, "dynamic_thresholding_ratio": 0.995, "clip_sample_range": 1.0, "sample_max_value": 1.0, "timestep_spacing": "leading", "rescale_betas_zero_snr": false})"},
              {SchedulerClass::ddpm, "DDPMScheduler",
               R"({"num_train_timesteps": 1000, "beta_start": 0.0001, "beta_end": 0.02, "beta_schedule": "linear", "trained_betas": null, "variance_type": "fixed_small", "clip_sample": true, "prediction_type": "epsilon", "thresholding": false, "dynamic_thresholding_ratio": 0.995, "clip_sample_range": 1.0, "sample_max_value": 1.0, "timestep_spacing": "leading", "steps_offset": 0, "rescale_betas_zero_snr": false})"},
              {SchedulerClass::deis_multistep, "DEISMultistepScheduler",
               R"({"num_train_timesteps": 1000, "beta_start": 0.0001, "beta_end": 0.02, "beta_schedule": "linear", "trained_betas": null, "solver_order": 2, "prediction_type": "epsilon", "thresholding": false, "dynamic_thresholding_ratio": 0.995, "sample_max_value": 1.0, "algorithm_type": "deis", "solver_type": "logrho", "lower_order_final": true, "use_karras_sigmas": false, "use_exponential_sigmas": false, "use_beta_sigmas": false, "use_flow_sigmas": false, "flow_shift": 1.0, "timestep_spacing": "linspace", "steps_offset": 0, "use_dynamic_shifting": false, "time_shift_type": "exponential", "sigma_min": null, "sigma_max": null})"},
              {SchedulerClass::dpmsolver_multistep, "DPMSolverMultistepScheduler",
               R"({"num_train_timesteps": 1000, "beta_start": 0.0001, "beta_end": 0.02, "beta_schedule": "linear", "trained_betas": null, "solver_order": 2, "prediction_type": "epsilon", "thresholding": false, "dynamic_thresholding_ratio": 0.995, "sample_max_value": 1.0, "algorithm_type": "dpmsolver++", "solver_type": "midpoint", "lower_order_final": true, "euler_at_final": false, "use_karras_sigmas": false, "use_exponential_sigmas": false, "use_beta_sigmas": false, "use_lu_lambdas": false, "use_flow_sigmas": false, "flow_shift": 1.0, "final_sigmas_type": "zero", "lambda_min_clipped": null, "variance_type": null, "timestep_spacing": "linspace", "steps_offset": 0, "rescale_betas_zero_snr": false, "use_dynamic_shifting": false, "time_shift_type": "exponential", "sigma_min": null, "sigma_max": null})"},
              {SchedulerClass::dpmsolver_singlestep, "DPMSolverSinglestepScheduler",
               R"({"num_train_timesteps": 1000, "beta_start": 0.0001, "beta_end": 0.02, "beta_schedule": "linear", "trained_betas": null, "solver_order": 2, "prediction_type": "epsilon", "thresholding": false, "dynamic_thresholding_ratio": 0.995, "sample_max_value": 1.0, "algorithm_type": "dpmsolver++", "solver_type": "midpoint", "lower_order_final": false, "use_karras_sigmas": false, "use_exponential_sigmas": false, "use_beta_sigmas": false, "use_flow_sigmas": false, "flow_shift": 1.0, "final_sigmas_type": "zero", "lambda_min_clipped": null, "variance_type": null, "use_dynamic_shifting": false, "time_shift_type": "exponential", "sigma_min": null, "sigma_max": null})"},
              {SchedulerClass::euler_ancestral, "EulerAncestralDiscreteScheduler",
               R"({"num_train_timesteps": 1000, "beta_start": 0.0001, "beta_end": 0.02, "beta_schedule": "linear", "trained_betas": null, "prediction_type": "epsilon", "timestep_spacing": "linspace", "steps_offset": 0, "rescale_betas_zero_snr": false})"},
              {SchedulerClass::euler, "EulerDiscreteScheduler", R"({"num_train_timesteps": 1000, "beta_start": 0.0001, "beta_end": 0.02, "beta_schedule": "linear", "trained_betas": null, "prediction_type": "epsilon", "interpolation_type": "linear", "use_karras_sigmas": false, "use_exponential_sigmas": false, "use_beta_sigmas": false, "sigma_min": null, "sigma_max": null, "timestep_spacing": "linspace", "timestep_type": "discrete", "steps_offset": 0, "rescale_betas_zero_snr": false, "final_sigmas_type": "zero"})"},
              {SchedulerClass::flow_match_euler, "FlowMatchEulerDiscreteScheduler",
               R"({"num_train_timesteps": 1000, "shift": 1.0, "use_dynamic_shifting": false, "base_shift": 0.5, "max_shift": 1.15, "base_image_seq_len": 256, "max_image_seq_len": 4096, "invert_sigmas": false, "shift_terminal": null, "use_karras_sigmas": false, "use_exponential_sigmas": false, "use_beta_sigmas": false, "time_shift_type": "exponential", "stochastic_sampling": false, "sigma_min": null, "sigma_max": null})"},
              {SchedulerClass::flow_match_heun, "FlowMatchHeunDiscreteScheduler",
               R"({"num_train_timesteps": 1000, "shift": 1.0})"},
              {SchedulerClass::heun, "HeunDiscreteScheduler",
               R"({"num_train_timesteps": 1000, "beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "linear", "trained_betas": null, "prediction_type": "epsilon", "use_karras_sigmas": false, "use_exponential_sigmas": false, "use_beta_sigmas": false, "clip_sample": false, "clip_sample_range": 1.0, "timestep_spacing": "linspace", "steps_offset": 0, "sigma_min": null, "sigma_max": null})"},
              {SchedulerClass::kdpm2_ancestral, "KDPM2AncestralDiscreteScheduler",
               R"({"num_train_timesteps": 1000, "beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "linear", "trained_betas": null, "use_karras_sigmas": false, "use_exponential_sigmas": false, "use_beta_sigmas": false, "prediction_type": "epsilon", "timestep_spacing": "linspace", "steps_offset": 0, "sigma_min": null, "sigma_max": null})"},
              {SchedulerClass::kdpm2, "KDPM2DiscreteScheduler",
               R"({"num_train_timesteps": 1000, "beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "linear", "trained_betas": null, "use_karras_sigmas": false, "use_exponential_sigmas": false, "use_beta_sigmas": false, "prediction_type": "epsilon", "timestep_spacing": "linspace", "steps_offset": 0, "sigma_min": null, "sigma_max": null})"},
              {SchedulerClass::lcm,
               "LCMScheduler", R"({"num_train_timesteps": 1000, "beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear", "trained_betas": null, "original_inference_steps": 50, "clip_sample": false, "clip_sample_range": 1.0, "set_alpha_to_one": true, "steps_offset": 0, "prediction_type": "epsilon", "thresholding": false, "dynamic_thresholding_ratio": 0.995, "sample_max_value": 1.0, "timestep_spacing": "leading", "timestep_scaling": 10.0, "rescale_betas_zero_snr": false})"},
              {SchedulerClass::lms, "LMSDiscreteScheduler",
               R"({"num_train_timesteps": 1000, "beta_start": 0.0001, "beta_end": 0.02, "beta_schedule": "linear", "trained_betas": null, "use_karras_sigmas": false, "use_exponential_sigmas": false, "use_beta_sigmas": false, "prediction_type": "epsilon", "timestep_spacing": "linspace", "steps_offset": 0, "sigma_min": null, "sigma_max": null})"},
              {SchedulerClass::pndm, "PNDMScheduler",
               R"({"num_train_timesteps": 1000, "beta_start": 0.0001, "beta_end": 0.02, "beta_schedule": "linear", "trained_betas": null, "skip_prk_steps": false, "set_alpha_to_one": false, "prediction_type": "epsilon", "timestep_spacing": "leading", "steps_offset": 0})"},
              {SchedulerClass::tcd, "TCDScheduler",
               R"({"num_train_timesteps": 1000, "beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear", "trained_betas": null, "original_inference_steps": 50, "clip_sample": false, "clip_sample_range": 1.0, "set_alpha_to_one": true, "steps_offset": 0, "prediction_type": "epsilon", "thresholding": false, "dynamic_thresholding_ratio": 0.995, "sample_max_value": 1.0, "timestep_spacing": "leading", "timestep_scaling": 10.0, "rescale_betas_zero_snr": false})"},
              {SchedulerClass::unipc_multistep, "UniPCMultistepScheduler", R"({"num_train_timesteps": 1000, "beta_start": 0.0001, "beta_end": 0.02, "beta_schedule": "linear", "trained_betas": null, "solver_order": 2, "prediction_type": "epsilon", "thresholding": false, "dynamic_thresholding_ratio": 0.995, "sample_max_value": 1.0, "predict_x0": true, "solver_type": "bh2", "lower_order_final": true, "disable_corrector": [], "solver_p": null, "use_karras_sigmas": false, "use_exponential_sigmas": false, "use_beta_sigmas": false, "use_flow_sigmas": false, "flow_shift": 1.0, "timestep_spacing": "linspace", "steps_offset": 0, "final_sigmas_type": "zero", "rescale_betas_zero_snr": false, "use_dynamic_shifting": false, "time_shift_type": "exponential", "sigma_min": null, "sigma_max": null, "shift_terminal": null})"},
          };
  return all;
}

bool is_known_parameter(std::string_view name) {
  for (const SchedulerDefaults& entry : scheduler_defaults()) {
    if (nlohmann::json::parse(entry.parameters).contains(name)) return true;
  }
  static constexpr std::array others{std::string_view("alpha_cum_end"),
                                     std::string_view("alpha_cum_start"),
                                     std::string_view("beta_max"),
                                     std::string_view("beta_min"),
                                     std::string_view("block_length"),
                                     std::string_view("clip_denoised"),
                                     std::string_view("correct_steps"),
                                     std::string_view("corrector_k"),
                                     std::string_view("corrector_order"),
                                     std::string_view("corrector_selection"),
                                     std::string_view("corrector_selection_tau"),
                                     std::string_view("corrector_steps"),
                                     std::string_view("editing_threshold"),
                                     std::string_view("entropy_bound"),
                                     std::string_view("eps"),
                                     std::string_view("eta"),
                                     std::string_view("final_step_size_scale"),
                                     std::string_view("gamma"),
                                     std::string_view("gamma_cum_end"),
                                     std::string_view("gamma_cum_start"),
                                     std::string_view("mask_token_id"),
                                     std::string_view("masking_schedule"),
                                     std::string_view("minimal_topk"),
                                     std::string_view("n_grid"),
                                     std::string_view("noise_mode"),
                                     std::string_view("num_inference_steps"),
                                     std::string_view("num_policy_substeps"),
                                     std::string_view("num_vec_classes"),
                                     std::string_view("predictor_order"),
                                     std::string_view("rho"),
                                     std::string_view("s"),
                                     std::string_view("s_churn"),
                                     std::string_view("s_max"),
                                     std::string_view("s_min"),
                                     std::string_view("s_noise"),
                                     std::string_view("sampling_eps"),
                                     std::string_view("scale_factors"),
                                     std::string_view("scaler"),
                                     std::string_view("schedule_mode"),
                                     std::string_view("scheduler_type"),
                                     std::string_view("sigma_data"),
                                     std::string_view("sigma_schedule"),
                                     std::string_view("snr"),
                                     std::string_view("snr_shift_scale"),
                                     std::string_view("stage_range"),
                                     std::string_view("stages"),
                                     std::string_view("t_lim_ode"),
                                     std::string_view("t_lim_ode_below"),
                                     std::string_view("t_max"),
                                     std::string_view("t_min"),
                                     std::string_view("tail_step_multiplier"),
                                     std::string_view("tail_steps"),
                                     std::string_view("tau_func"),
                                     std::string_view("threshold"),
                                     std::string_view("tsr_k"),
                                     std::string_view("tsr_sigma"),
                                     std::string_view("upscale_mode")};
  return std::find(others.begin(), others.end(), name) != others.end();
}

}  // namespace diptych::diffusion
