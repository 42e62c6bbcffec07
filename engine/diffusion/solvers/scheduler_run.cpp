#include "engine/diffusion/solvers/scheduler_run.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "engine/core/error.h"
#include "engine/diffusion/solvers/alpha_solver.h"
#include "engine/diffusion/solvers/deis_solver.h"
#include "engine/diffusion/solvers/dpm_solver.h"
#include "engine/diffusion/solvers/linear_multistep_solver.h"
#include "engine/diffusion/solvers/two_stage_solver.h"
#include "engine/diffusion/solvers/unipc_solver.h"

namespace diptych::diffusion {
namespace {

Schedule whole(std::vector<float> timesteps, std::vector<float> sigmas = {}) {
  return {std::move(timesteps), std::move(sigmas), true};
}

SampleLimit limit_of(const SchedulerConfig& config, const RunRequest& request) {
  SampleLimit limit = config.limit;
  limit.batch = request.batch;
  return limit;
}

std::unique_ptr<Solver> sigma_solver(const SchedulerConfig& config, const RunRequest& request) {
  const TrainingSchedule training = config.training_schedule();
  RunPoints points = sigma_run_points(config, training, request);
  const float highest = *std::max_element(points.sigmas.begin(), points.sigmas.end());
  SigmaModel model{Space::exploding, config.prediction, highest};
  if (config.spacing == Spacing::leading) model.init_noise_sigma = std::sqrt(highest * highest + 1.0f);
  switch (config.scheduler) {
    case SchedulerClass::euler_ancestral:
      return make_euler_ancestral({points.timesteps, points.sigmas, false}, model);
    case SchedulerClass::heun:
      return make_heun(heun_schedule(points.sigmas, points.timesteps), model, limit_of(config, request));
    case SchedulerClass::lms:
      return make_lms({points.timesteps, points.sigmas, false}, model, /*order_by_index=*/true);
    case SchedulerClass::kdpm2:
    case SchedulerClass::kdpm2_ancestral: {
      std::optional<float> ancestral;
      if (config.scheduler == SchedulerClass::kdpm2_ancestral) ancestral = 1.0f;
      std::vector<float> between;
      for (const float sigma : dpm2_midpoints(points.sigmas, ancestral))
        between.push_back(training.timestep_of_float(sigma));
      return make_dpm2(points.sigmas, points.timesteps, between, model, ancestral);
    }
    default:
      return make_euler({points.timesteps, points.sigmas, false}, model, request.churn);
  }
}

DpmOptions dpm_options(const SchedulerConfig& config) {
  static const std::map<std::string, DpmAlgorithm> algorithms{{"dpmsolver", DpmAlgorithm::dpmsolver},
                                                              {"dpmsolver++", DpmAlgorithm::dpmsolver_pp},
                                                              {"deis", DpmAlgorithm::dpmsolver_pp},
                                                              {"sde-dpmsolver", DpmAlgorithm::sde_dpmsolver},
                                                              {"sde-dpmsolver++", DpmAlgorithm::sde_dpmsolver_pp}};
  static const std::map<std::string, DpmForm> forms{{"midpoint", DpmForm::midpoint},
                                                    {"heun", DpmForm::heun},
                                                    {"logrho", DpmForm::midpoint},
                                                    {"bh1", DpmForm::midpoint},
                                                    {"bh2", DpmForm::midpoint}};
  const bool singlestep = config.scheduler == SchedulerClass::dpmsolver_singlestep;
  const auto algorithm = algorithms.find(config.algorithm_type);
  if (algorithm == algorithms.end() || (singlestep && algorithm->second == DpmAlgorithm::sde_dpmsolver))
    refuse_run(config, "algorithm_type \"" + config.algorithm_type + "\" is not supported",
               "use dpmsolver++ or sde-dpmsolver++");
  const auto form = forms.find(config.solver_type);
  if (form == forms.end())
    refuse_run(config, "solver_type \"" + config.solver_type + "\" is not supported", "use midpoint or heun");
  const bool on_noise =
      algorithm->second == DpmAlgorithm::dpmsolver || algorithm->second == DpmAlgorithm::sde_dpmsolver;
  if (on_noise && config.final_sigma_zero)
    refuse_run(config, "algorithm_type \"" + config.algorithm_type + "\" cannot end at sigma 0",
               "set final_sigmas_type to sigma_min");
  if (algorithm->second == DpmAlgorithm::sde_dpmsolver && config.solver_order == 3)
    refuse_run(config, "sde-dpmsolver has no third order", "set solver_order to 2");
  DpmOptions options;
  options.algorithm = algorithm->second;
  options.form = form->second;
  options.order = config.solver_order;
  options.lower_order_final = config.lower_order_final;
  options.first_order_at_end = config.euler_at_final || config.final_sigma_zero;
  return options;
}

std::unique_ptr<Solver> exponential_solver(const SchedulerConfig& config, const RunRequest& request) {
  const RunPoints points = dpm_run_points(config, config.training_schedule(), request);
  Schedule schedule = whole(points.timesteps, points.sigmas);
  ExponentialModel model;
  model.space = config.flow_sigmas ? Space::flow : Space::preserving;
  model.prediction = config.prediction;
  model.limit = limit_of(config, request);
  model.limit.clip = false;
  model.learned_variance = config.variance_type.starts_with("learned");
  if (config.scheduler == SchedulerClass::deis_multistep)
    return make_deis(std::move(schedule), model, config.solver_order, config.lower_order_final);
  if (config.scheduler == SchedulerClass::unipc_multistep) {
    if (!config.predict_x0) model.limit.threshold = false;
    UniPcOptions options;
    options.form = config.solver_type == "bh1" ? UniPcForm::bh1 : UniPcForm::bh2;
    options.order = config.solver_order;
    options.predicts_clean = config.predict_x0;
    options.lower_order_final = config.lower_order_final;
    options.no_corrector = config.disable_corrector;
    return make_unipc(std::move(schedule), model, std::move(options));
  }
  DpmOptions options = dpm_options(config);
  if (config.scheduler == SchedulerClass::dpmsolver_multistep)
    return make_dpm_multistep(std::move(schedule), model, options);
  const auto steps = static_cast<int>(schedule.timesteps.size());
  const bool lower = config.lower_order_final || steps % config.solver_order != 0 || config.final_sigma_zero;
  std::vector<int> orders = singlestep_orders(steps, config.solver_order, lower, config.final_sigma_zero);
  return make_dpm_singlestep(std::move(schedule), model, options, std::move(orders));
}

std::unique_ptr<Solver> alpha_solver(const SchedulerConfig& config, const RunRequest& request) {
  const TrainingSchedule training = config.training_schedule();
  AlphaModel model;
  model.alphas_cumprod.assign(training.alphas_cumprod().begin(), training.alphas_cumprod().end());
  model.final_alpha_cumprod = config.set_alpha_to_one ? 1.0f : model.alphas_cumprod.front();
  model.prediction = config.prediction;
  model.limit = limit_of(config, request);
  switch (config.scheduler) {
    case SchedulerClass::ddpm: {
      static const std::map<std::string, Variance> variances{{"fixed_small", Variance::fixed_small},
                                                             {"fixed_small_log", Variance::fixed_small_log},
                                                             {"fixed_large", Variance::fixed_large},
                                                             {"learned", Variance::learned},
                                                             {"learned_range", Variance::learned_range}};
      const auto variance = variances.find(config.variance_type);
      if (variance == variances.end())
        refuse_run(config, "variance_type \"" + config.variance_type + "\" is not supported",
                   "use fixed_small, fixed_small_log, fixed_large, learned or learned_range");
      return make_ddpm(whole(alpha_run_timesteps(config, request)), std::move(model), variance->second);
    }
    case SchedulerClass::pndm: {
      model.limit = {};
      Schedule schedule = whole(pndm_run_timesteps(config, request));
      return make_pndm(std::move(schedule), std::move(model), config.num_train_timesteps / request.steps,
                       config.skip_prk_steps ? 0 : 12);
    }
    case SchedulerClass::lcm:
    case SchedulerClass::tcd: {
      Schedule schedule = whole(consistency_run_timesteps(config, request));
      const int steps = request.timesteps.empty() ? request.steps : static_cast<int>(request.timesteps.size());
      if (config.scheduler == SchedulerClass::lcm)
        return make_lcm(std::move(schedule), std::move(model), steps, config.timestep_scaling);
      model.limit = {};
      const double eta = request.eta.value_or(0.3);
      if (!(eta >= 0 && eta <= 1)) refuse_run(config, "eta lies outside of 0 to 1", "the default is 0.3");
      return make_tcd(std::move(schedule), std::move(model), steps, eta);
    }
    default: {
      const double eta = request.eta.value_or(0);
      if (!(eta >= 0 && eta <= 1)) refuse_run(config, "eta lies outside of 0 to 1", "the default is 0");
      Schedule schedule = whole(alpha_run_timesteps(config, request));
      return make_ddim(std::move(schedule), std::move(model), config.num_train_timesteps / request.steps, eta);
    }
  }
}

}  // namespace

void refuse_run(const SchedulerConfig& config, const std::string& why, const std::string& to_do) {
  throw Error(ErrorCategory::invalid_argument, "cannot make a schedule", scheduler_class_name(config.scheduler), why,
              to_do);
}

int requested_steps(const SchedulerConfig& config, const RunRequest& request, int most) {
  size_t steps = request.steps > 0 ? static_cast<size_t>(request.steps) : 0;
  for (const size_t given : {request.timesteps.size(), request.sigmas.size()}) {
    if (given == 0) continue;
    if (steps != 0 && steps != given)
      refuse_run(config, "steps, timesteps and sigmas differ in number", "give one of them");
    steps = given;
  }
  if (steps == 0) refuse_run(config, "the run has no steps", "take at least 1 step");
  if (steps > static_cast<size_t>(most))
    refuse_run(config, std::to_string(steps) + " steps are more than " + std::to_string(most), "take fewer steps");
  return static_cast<int>(steps);
}

std::unique_ptr<Solver> make_solver(const SchedulerConfig& config, const RunRequest& request) {
  using enum SchedulerClass;
  switch (config.scheduler) {
    case euler:
    case euler_ancestral:
    case heun:
    case kdpm2:
    case kdpm2_ancestral:
    case lms:
      return sigma_solver(config, request);
    case dpmsolver_multistep:
    case dpmsolver_singlestep:
    case deis_multistep:
    case unipc_multistep:
      return exponential_solver(config, request);
    case flow_match_euler: {
      RunPoints points = flow_run_points(config, request);
      return make_flow_euler({std::move(points.timesteps), std::move(points.sigmas), false},
                             config.stochastic_sampling);
    }
    case flow_match_heun: {
      const RunPoints points = flow_run_points(config, request);
      return make_heun(heun_schedule(points.sigmas, points.timesteps), {Space::flow, Prediction::flow, 1});
    }
    case ddim:
    case ddpm:
    case pndm:
    case lcm:
    case tcd:
      break;
  }
  if (!request.sigmas.empty()) refuse_run(config, "it takes no sigmas", "give the number of steps");
  return alpha_solver(config, request);
}

}  // namespace diptych::diffusion
