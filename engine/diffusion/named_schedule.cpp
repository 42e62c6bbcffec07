#include "engine/diffusion/named_schedule.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cctype>
#include <cmath>

#include "engine/core/error.h"
#include "engine/diffusion/beta_distribution.h"
#include "engine/diffusion/sigma_spacing.h"
#include "engine/diffusion/spacing.h"

namespace diptych::diffusion {
namespace {

struct Name {
  const char* name;
  NamedSchedule schedule;
};

constexpr std::array names{
    Name{"normal", NamedSchedule::normal},
    Name{"karras", NamedSchedule::karras},
    Name{"exponential", NamedSchedule::exponential},
    Name{"polyexponential", NamedSchedule::polyexponential},
    Name{"sgm_uniform", NamedSchedule::sgm_uniform},
    Name{"simple", NamedSchedule::simple},
    Name{"ddim_uniform", NamedSchedule::ddim_uniform},
    Name{"beta", NamedSchedule::beta},
    Name{"kl_optimal", NamedSchedule::kl_optimal},
    // what A1111 calls them
    Name{"automatic", NamedSchedule::normal},
    Name{"uniform", NamedSchedule::normal},
    Name{"ddim", NamedSchedule::ddim_uniform},
};
constexpr size_t own_names = 9;

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

std::string plain_name(std::string_view name) {
  std::string plain;
  for (size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    if (name.substr(i).starts_with("++")) {
      plain += "pp";
      ++i;
    } else if (c == ' ' || c == '-' || c == '_') {
      if (!plain.empty() && plain.back() != '_') plain += '_';
    } else {
      plain += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    }
  }
  return plain;
}

std::vector<std::string> named_schedules() {
  std::vector<std::string> known;
  for (size_t i = 0; i < own_names; ++i) known.emplace_back(names[i].name);
  return known;
}

NamedSchedule parse_named_schedule(std::string_view name) {
  const std::string plain = plain_name(name);
  for (const Name& entry : names)
    if (plain == entry.name) return entry.schedule;
  std::string known;
  for (const std::string& one : named_schedules()) known += (known.empty() ? "" : ", ") + one;
  throw Error(ErrorCategory::invalid_argument, "cannot choose a schedule", std::string(name),
              "there is no schedule of this name", "use one of: " + known);
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
