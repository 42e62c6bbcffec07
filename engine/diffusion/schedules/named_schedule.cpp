#include "engine/diffusion/schedules/named_schedule.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>

#include "engine/core/beta_distribution.h"
#include "engine/diffusion/schedules/sigma_spacing.h"
#include "engine/diffusion/schedules/spacing.h"
#include "engine/diffusion/solvers/name_table.h"

namespace diptych::diffusion {
namespace {

constexpr std::array schedule_entries{
    NameOf{"normal", NamedSchedule::normal},
    NameOf{"karras", NamedSchedule::karras},
    NameOf{"exponential", NamedSchedule::exponential},
    NameOf{"polyexponential", NamedSchedule::polyexponential},
    NameOf{"sgm_uniform", NamedSchedule::sgm_uniform},
    NameOf{"simple", NamedSchedule::simple},
    NameOf{"ddim_uniform", NamedSchedule::ddim_uniform},
    NameOf{"beta", NamedSchedule::beta},
    NameOf{"kl_optimal", NamedSchedule::kl_optimal},
    // what A1111 calls them
    NameOf{"automatic", NamedSchedule::normal},
    NameOf{"uniform", NamedSchedule::normal},
    NameOf{"ddim", NamedSchedule::ddim_uniform},
};
constexpr NameTable schedule_table(9, schedule_entries);

// Numbers of trained timesteps to sigmas.
std::vector<double> at(const ModelSampling& model, const std::vector<double>& numbers) {
  std::vector<double> sigmas;
  for (const double number : numbers) sigmas.push_back(model.sigma_at(number));
  return sigmas;
}

std::vector<double> numbers_of(NamedSchedule schedule, int trained, int steps) {
  std::vector<double> numbers;
  switch (schedule) {
    case NamedSchedule::sgm_uniform:
      numbers = linspace(trained - 1, 0, steps + 1);
      numbers.pop_back();
      break;
    case NamedSchedule::simple:
      for (int i = 0; i < steps; ++i)
        numbers.push_back(trained - 1 - std::floor(i * (static_cast<double>(trained) / steps)));
      break;
    case NamedSchedule::ddim_uniform: {
      const int stride = std::max(trained / steps, 1);
      for (int number = 1; number < trained; number += stride) numbers.push_back(number);
      std::reverse(numbers.begin(), numbers.end());
      break;
    }
    case NamedSchedule::beta:
      for (int i = 0; i < steps; ++i) {
        const double quantile = beta_quantile(1 - static_cast<double>(i) / steps, 0.6, 0.6);
        const double number = std::nearbyint(quantile * (trained - 1));
        if (numbers.empty() || number != numbers.back()) numbers.push_back(number);
      }
      break;
    default:
      numbers = linspace(trained - 1, 0, steps);
      break;
  }
  return numbers;
}

}  // namespace

std::vector<std::string> named_schedules() {
  return schedule_table.own_names();
}

std::string named_schedule_name(NamedSchedule schedule) {
  return schedule_table.name_of(schedule);
}

NamedSchedule parse_named_schedule(std::string_view name) {
  if (const auto schedule = schedule_table.find(plain_name(name))) return *schedule;
  schedule_table.refuse(name, "schedule");
}

std::vector<float> named_sigmas(NamedSchedule schedule, const ModelSampling& model, int steps) {
  assert(steps > 0);
  const double low = model.sigma_min(), high = model.sigma_max();
  std::vector<double> sigmas;
  switch (schedule) {
    case NamedSchedule::karras:
      sigmas = karras_sigmas(low, high, steps);
      break;
    case NamedSchedule::exponential:
      sigmas = exponential_sigmas(low, high, steps);
      break;
    case NamedSchedule::polyexponential:
      sigmas = polyexponential_sigmas(low, high, steps, 1);
      break;
    case NamedSchedule::kl_optimal:
      sigmas = kl_optimal_sigmas(low, high, steps);
      break;
    default:
      sigmas = at(model, numbers_of(schedule, model.timesteps(), steps));
      break;
  }
  std::vector<float> result(sigmas.begin(), sigmas.end());
  result.erase(std::unique(result.begin(), result.end()), result.end());  // more steps than trained timesteps
  result.push_back(0);
  return result;
}

}  // namespace diptych::diffusion
