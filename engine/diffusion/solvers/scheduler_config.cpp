#include "engine/diffusion/solvers/scheduler_config.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>

#include "engine/core/error.h"
#include "engine/diffusion/solvers/config_reader.h"
#include "engine/diffusion/solvers/scheduler_defaults.h"
#include "engine/io/files/atomic_file.h"
#include "engine/io/formats/json_text.h"

namespace diptych::diffusion {
namespace {

using nlohmann::json;

// Python writes what JSON has no word for; outside of strings they become strings here.
std::string without_python_numbers(std::string_view text) {
  std::string result;
  bool in_string = false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (in_string && text[i] == '\\' && i + 1 < text.size()) {
      result += text[i++];
    } else if (text[i] == '"') {
      in_string = !in_string;
    } else if (!in_string && (text[i] == '-' || text[i] == 'I' || text[i] == 'N')) {
      bool replaced = false;
      for (const std::string_view word : {"-Infinity", "Infinity", "NaN"}) {
        if (text.substr(i).starts_with(word)) {
          result += '"' + std::string(word) + '"';
          i += word.size() - 1;
          replaced = true;
          break;
        }
      }
      if (replaced) continue;
    }
    result += text[i];
  }
  return result;
}

const std::map<std::string, Spacing> spacings{
    {"linspace", Spacing::linspace}, {"leading", Spacing::leading}, {"trailing", Spacing::trailing}};

const std::map<std::string, Prediction> predictions{{"epsilon", Prediction::epsilon},
                                                    {"v_prediction", Prediction::v},
                                                    {"sample", Prediction::sample},
                                                    {"original_sample", Prediction::sample},
                                                    {"flow_prediction", Prediction::flow}};

void read_training(const ConfigReader& reader, SchedulerConfig& config) {
  reader.read("num_train_timesteps", config.num_train_timesteps, 1, most_training_timesteps);
  reader.read("beta_start", config.beta_start);
  reader.read("beta_end", config.beta_end);
  std::map<std::string, BetaSchedule> schedules{{"linear", BetaSchedule::linear},
                                                {"scaled_linear", BetaSchedule::scaled_linear},
                                                {"squaredcos_cap_v2", BetaSchedule::squaredcos_cap_v2}};
  if (config.scheduler == SchedulerClass::heun) schedules["exp"] = BetaSchedule::exp;
  if (config.scheduler == SchedulerClass::ddpm) {
    schedules["laplace"] = BetaSchedule::laplace;
    schedules["sigmoid"] = BetaSchedule::sigmoid;
  }
  reader.choose("beta_schedule", config.beta_schedule, schedules);
  reader.read("trained_betas", config.trained_betas);
  reader.read("rescale_betas_zero_snr", config.rescale_betas_zero_snr);
  reader.choose("prediction_type", config.prediction, predictions);
  if (!(config.beta_start > 0 && config.beta_start < 1 && config.beta_end > 0 && config.beta_end < 1))
    reader.wrong("beta_start or beta_end", "lies outside of 0 to 1");
}

void read_spacing(const ConfigReader& reader, SchedulerConfig& config) {
  reader.choose("timestep_spacing", config.spacing, spacings);
  reader.read("steps_offset", config.steps_offset, -most_training_timesteps, most_training_timesteps);
  int kinds = 0;
  const auto kind = [&](const char* key, SigmaKind value) {
    bool set = false;
    reader.read(key, set);
    if (set) config.sigmas = value, ++kinds;
  };
  kind("use_karras_sigmas", SigmaKind::karras);
  kind("use_exponential_sigmas", SigmaKind::exponential);
  kind("use_beta_sigmas", SigmaKind::beta);
  if (kinds > 1)
    reader.unsupported("only one of use_karras_sigmas, use_exponential_sigmas, use_beta_sigmas can be true");
  bool lu = false;
  reader.read("use_lu_lambdas", lu);
  if (lu && config.sigmas != SigmaKind::karras) config.sigmas = SigmaKind::lu;
  reader.read("use_flow_sigmas", config.flow_sigmas);
  if (config.flow_sigmas && config.sigmas == SigmaKind::training) config.sigmas = SigmaKind::flow;
  reader.read("sigma_min", config.sigma_min);
  reader.read("sigma_max", config.sigma_max);
  if (config.sigma_min.value_or(1) <= 0) reader.wrong("sigma_min", "is not positive");
  if (config.sigma_max.value_or(1) <= 0) reader.wrong("sigma_max", "is not positive");
  reader.choose("final_sigmas_type", config.final_sigma_zero, {{"zero", true}, {"sigma_min", false}});
  reader.choose("interpolation_type", config.log_linear_sigmas, {{"linear", false}, {"log_linear", true}});
  reader.choose("timestep_type", config.continuous_timesteps, {{"discrete", false}, {"continuous", true}});
  config.lambda_min_clipped = -std::numeric_limits<double>::infinity();
  reader.read("lambda_min_clipped", config.lambda_min_clipped);
  reader.read("original_inference_steps", config.original_inference_steps, 1, most_training_timesteps);
}

void read_flow(const ConfigReader& reader, SchedulerConfig& config) {
  reader.read("shift", config.shift);
  reader.read("flow_shift", config.shift);
  reader.read("use_dynamic_shifting", config.dynamic_shift);
  reader.choose("time_shift_type", config.linear_time_shift, {{"exponential", false}, {"linear", true}});
  reader.read("base_shift", config.base_shift);
  reader.read("max_shift", config.max_shift);
  reader.read("base_image_seq_len", config.base_image_seq_len, 1, most_training_timesteps);
  reader.read("max_image_seq_len", config.max_image_seq_len, 1, most_training_timesteps);
  reader.read("shift_terminal", config.shift_terminal);
  if (config.shift_terminal == 0.0) config.shift_terminal.reset();
  reader.read("invert_sigmas", config.invert_sigmas);
  reader.read("stochastic_sampling", config.stochastic_sampling);
  if (!(config.shift > 0)) reader.wrong("shift", "is not positive");
  if (config.shift_terminal && !(*config.shift_terminal > 0 && *config.shift_terminal < 1))
    reader.wrong("shift_terminal", "lies outside of 0 to 1");
}

void read_solver(const ConfigReader& reader, SchedulerConfig& config) {
  reader.read("clip_sample", config.limit.clip);
  reader.read("clip_sample_range", config.limit.clip_range);
  reader.read("thresholding", config.limit.threshold);
  reader.read("dynamic_thresholding_ratio", config.limit.threshold_quantile);
  reader.read("sample_max_value", config.limit.threshold_max);
  if (!(config.limit.threshold_quantile >= 0 && config.limit.threshold_quantile <= 1))
    reader.wrong("dynamic_thresholding_ratio", "lies outside of 0 to 1");
  reader.read("set_alpha_to_one", config.set_alpha_to_one);
  reader.read("skip_prk_steps", config.skip_prk_steps);
  reader.read("variance_type", config.variance_type);
  reader.read("solver_order", config.solver_order, 1, config.scheduler == SchedulerClass::unipc_multistep ? 8 : 3);
  reader.read("algorithm_type", config.algorithm_type);
  reader.read("solver_type", config.solver_type);
  reader.read("lower_order_final", config.lower_order_final);
  reader.read("euler_at_final", config.euler_at_final);
  reader.read("predict_x0", config.predict_x0);
  reader.read("disable_corrector", config.disable_corrector);
  reader.read("timestep_scaling", config.timestep_scaling);
  if (reader.has("solver_p")) reader.unsupported("solver_p (another scheduler inside UniPC) is not supported");
}

// Combinations for which the reference has no formula.
void check_combination(const ConfigReader& reader, const SchedulerConfig& config) {
  using enum SchedulerClass;
  const SchedulerClass s = config.scheduler;
  const Prediction p = config.prediction;
  const std::string name = std::string("prediction_type \"") + prediction_name(p) + "\" is not possible with ";
  const bool dpm_family =
      s == dpmsolver_multistep || s == dpmsolver_singlestep || s == unipc_multistep || s == deis_multistep;
  if (p == Prediction::flow && !dpm_family && s != flow_match_euler && s != flow_match_heun)
    reader.unsupported(name + scheduler_class_name(s));
  if (p == Prediction::sample && (s == euler_ancestral || s == kdpm2 || s == kdpm2_ancestral || s == pndm))
    reader.unsupported(name + scheduler_class_name(s));
  const bool noise_integrator = config.algorithm_type == "dpmsolver" || config.algorithm_type == "sde-dpmsolver";
  if (p == Prediction::flow && ((s == unipc_multistep && !config.predict_x0) ||
                                ((s == dpmsolver_multistep || s == dpmsolver_singlestep) && noise_integrator)))
    reader.unsupported(name + "a solver that integrates the noise");
  if (config.shift_terminal && s == unipc_multistep && !config.flow_sigmas)
    reader.unsupported("shift_terminal needs use_flow_sigmas");
  if (config.linear_time_shift && (s == dpmsolver_multistep || s == dpmsolver_singlestep || s == deis_multistep))
    reader.unsupported("time_shift_type \"linear\" is not possible with " + scheduler_class_name(s));
}

}  // namespace

std::vector<std::string> known_scheduler_classes() {
  std::vector<std::string> names;
  for (const SchedulerDefaults& entry : scheduler_defaults()) names.emplace_back(entry.name);
  std::sort(names.begin(), names.end());
  return names;
}

std::string scheduler_class_name(SchedulerClass scheduler) {
  for (const SchedulerDefaults& entry : scheduler_defaults())
    if (entry.scheduler == scheduler) return std::string(entry.name);
  return {};
}

TrainingSchedule SchedulerConfig::training_schedule() const {
  std::vector<float> betas = trained_betas;
  if (betas.empty()) betas = betas_of(beta_schedule, beta_start, beta_end, num_train_timesteps);
  if (!rescale_betas_zero_snr) return TrainingSchedule(betas);
  // Solvers along sigma need a finite one at the end.
  const bool alpha_based = scheduler == SchedulerClass::ddim || scheduler == SchedulerClass::ddpm ||
                           scheduler == SchedulerClass::lcm || scheduler == SchedulerClass::tcd;
  return TrainingSchedule(rescale_to_zero_terminal_snr(betas), alpha_based ? 0.0f : 0x1p-24f);
}

int SchedulerConfig::known_timesteps() const {
  return trained_betas.empty() ? num_train_timesteps : static_cast<int>(trained_betas.size());
}

SchedulerConfig parse_scheduler_config(std::string_view text, const std::string& source) {
  const json file = parse_json(without_python_numbers(text), source);
  if (!file.is_object())
    throw Error(ErrorCategory::invalid_file, cannot_read_scheduler, source, "it is no JSON object",
                "give a scheduler_config.json");
  if (!file.contains("_class_name") || !file["_class_name"].is_string())
    throw Error(ErrorCategory::invalid_file, cannot_read_scheduler, source, "_class_name is missing",
                "give a scheduler_config.json");
  const std::string name = file["_class_name"].get<std::string>();
  const auto& all = scheduler_defaults();
  const auto defaults =
      std::find_if(all.begin(), all.end(), [&](const SchedulerDefaults& entry) { return entry.name == name; });
  if (defaults == all.end())
    throw Error(ErrorCategory::unsupported, cannot_read_scheduler, source,
                "the class \"" + name + "\" is not supported",
                "use one of: " + joined_names(known_scheduler_classes()));
  json values = json::parse(defaults->parameters);
  for (const auto& [key, value] : file.items()) {
    if (key.starts_with('_')) continue;
    if (values.contains(key)) {
      values[key] = value;
    } else if (!is_known_parameter(key) && !value.is_null() && value != false) {
      throw Error(ErrorCategory::unsupported, cannot_read_scheduler, source,
                  "the parameter \"" + key + "\" is unknown and may change the result",
                  "remove it if the model does not need it");
    }
  }
  SchedulerConfig config;
  config.scheduler = defaults->scheduler;
  const ConfigReader reader(std::move(values), source);
  read_training(reader, config);
  read_spacing(reader, config);
  read_flow(reader, config);
  read_solver(reader, config);
  check_combination(reader, config);
  return config;
}

SchedulerConfig read_scheduler_config(const std::filesystem::path& path) {
  constexpr uint64_t limit_bytes = 16 << 20;
  std::error_code code;
  if (std::filesystem::is_directory(path, code))
    throw Error(ErrorCategory::invalid_argument, cannot_read_scheduler, path.string(), "it is a folder",
                "give the scheduler_config.json inside it");
  return parse_scheduler_config(read_text_file(path, limit_bytes), path.string());
}

}  // namespace diptych::diffusion
