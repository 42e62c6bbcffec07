#include "engine/diffusion/solvers/sampler.h"

#include <algorithm>
#include <array>
#include <cassert>

#include "engine/core/error.h"
#include "engine/diffusion/solvers/ancestral_dpm_solver.h"
#include "engine/diffusion/solvers/deis_solver.h"
#include "engine/diffusion/solvers/dpm_solver.h"
#include "engine/diffusion/solvers/euler_solver.h"
#include "engine/diffusion/solvers/linear_multistep_solver.h"
#include "engine/diffusion/solvers/name_table.h"
#include "engine/diffusion/solvers/sigma_consistency_solver.h"
#include "engine/diffusion/solvers/two_stage_solver.h"
#include "engine/diffusion/solvers/unipc_solver.h"

namespace diptych::diffusion {
namespace {

constexpr std::array sampler_entries{
    NameOf{"euler", Sampler::euler},
    NameOf{"euler_a", Sampler::euler_ancestral},
    NameOf{"heun", Sampler::heun},
    NameOf{"dpm2", Sampler::dpm2},
    NameOf{"dpm2_a", Sampler::dpm2_ancestral},
    NameOf{"dpmpp_2s_a", Sampler::dpmpp_2s_ancestral},
    NameOf{"dpmpp_sde", Sampler::dpmpp_sde},
    NameOf{"dpmpp_2m", Sampler::dpmpp_2m},
    NameOf{"dpmpp_2m_sde", Sampler::dpmpp_2m_sde},
    NameOf{"dpmpp_3m_sde", Sampler::dpmpp_3m_sde},
    NameOf{"ddim", Sampler::ddim},
    NameOf{"ddpm", Sampler::ddpm},
    NameOf{"plms", Sampler::plms},
    NameOf{"lms", Sampler::lms},
    NameOf{"uni_pc", Sampler::uni_pc},
    NameOf{"uni_pc_bh2", Sampler::uni_pc_bh2},
    NameOf{"deis", Sampler::deis},
    NameOf{"lcm", Sampler::lcm},
    NameOf{"tcd", Sampler::tcd},
    // ComfyUI's and other spellings
    NameOf{"euler_ancestral", Sampler::euler_ancestral},
    NameOf{"dpm_2", Sampler::dpm2},
    NameOf{"dpm_2_ancestral", Sampler::dpm2_ancestral},
    NameOf{"dpmpp_2s_ancestral", Sampler::dpmpp_2s_ancestral},
    NameOf{"pndm", Sampler::plms},
    NameOf{"unipc", Sampler::uni_pc_bh2},
    NameOf{"flow_euler", Sampler::euler},
    NameOf{"flow_heun", Sampler::heun},
};
constexpr NameTable sampler_table(19, sampler_entries);

// Half a step in lambda, or lambda at all, needs some signal at the first sigma of a flow.
constexpr float highest_flow_sigma = 0.9999f;

bool works_on_lambda(Sampler sampler) {
  switch (sampler) {
    case Sampler::dpmpp_2s_ancestral:
    case Sampler::dpmpp_sde:
    case Sampler::dpmpp_2m:
    case Sampler::dpmpp_2m_sde:
    case Sampler::dpmpp_3m_sde:
    case Sampler::uni_pc:
    case Sampler::uni_pc_bh2:
    case Sampler::deis:
      return true;
    default:
      return false;
  }
}

std::vector<float> timesteps_of(const ModelSampling& model, std::span<const float> sigmas) {
  std::vector<float> timesteps;
  for (const float sigma : sigmas) timesteps.push_back(model.timestep_of(sigma));
  return timesteps;
}

std::unique_ptr<Solver> on_lambda(Sampler sampler, Schedule schedule, const ModelSampling& model,
                                  const SamplerOptions& options) {
  ExponentialModel form;
  form.space = model.space();
  form.prediction = model.prediction();
  form.scales_input = model.space() == Space::exploding;
  form.init_noise_sigma = model.space() == Space::flow ? 1.0f : schedule.sigmas.front();
  form.limit.batch = options.batch;
  const double eta = options.eta.value_or(1);
  if (sampler == Sampler::dpmpp_2s_ancestral || sampler == Sampler::dpmpp_sde) {
    const auto kind = sampler == Sampler::dpmpp_sde ? AncestralDpm::sde : AncestralDpm::two_stage;
    const std::vector<float> middles = ancestral_dpm_midpoints(kind, form.space, schedule.sigmas, eta);
    std::vector<float> sigmas;
    for (size_t i = 0; i < schedule.sigmas.size(); ++i) {
      sigmas.push_back(schedule.sigmas[i]);
      if (i < middles.size()) sigmas.push_back(middles[i]);
    }
    Schedule both{timesteps_of(model, std::span(sigmas).first(sigmas.size() - 1)), sigmas, false};
    return make_ancestral_dpm(kind, std::move(both), form, eta);
  }
  if (sampler == Sampler::deis) return make_deis(std::move(schedule), form, 3, true);
  if (sampler == Sampler::uni_pc || sampler == Sampler::uni_pc_bh2) {
    UniPcOptions unipc;
    unipc.form = sampler == Sampler::uni_pc ? UniPcForm::bh1 : UniPcForm::bh2;
    unipc.order = 3;
    return make_unipc(std::move(schedule), form, unipc);
  }
  DpmOptions dpm;
  dpm.algorithm = sampler == Sampler::dpmpp_2m ? DpmAlgorithm::dpmsolver_pp : DpmAlgorithm::sde_dpmsolver_pp;
  dpm.order = sampler == Sampler::dpmpp_3m_sde ? 3 : 2;
  dpm.form = sampler == Sampler::dpmpp_3m_sde ? DpmForm::heun : DpmForm::midpoint;
  dpm.lower_order_final = false;
  dpm.first_order_at_end = true;
  dpm.consistent_sde = true;
  dpm.eta = eta;
  return make_dpm_multistep(std::move(schedule), form, dpm);
}

}  // namespace

std::vector<std::string> sampler_names() {
  return sampler_table.own_names();
}

std::string sampler_name(Sampler sampler) {
  return sampler_table.name_of(sampler);
}

SamplerChoice parse_sampler(std::string_view name) {
  const std::string plain = plain_name(name);
  if (const auto sampler = sampler_table.find(plain)) return {*sampler, {}};
  for (const std::string& schedule : named_schedules()) {
    if (!plain.ends_with("_" + schedule)) continue;
    const auto sampler = sampler_table.find(std::string_view(plain).substr(0, plain.size() - schedule.size() - 1));
    if (sampler) return {*sampler, parse_named_schedule(schedule)};
  }
  sampler_table.refuse(name, "sampler");
}

std::unique_ptr<Solver> make_sampler(Sampler sampler, NamedSchedule schedule, const ModelSampling& model,
                                     const SamplerOptions& options) {
  if (options.steps < 1 || options.steps > 10000)
    throw Error(ErrorCategory::invalid_argument, "cannot make a schedule", std::to_string(options.steps) + " steps",
                "a run has 1 to 10000 steps", "choose another number of steps");
  return make_sampler_on(sampler, named_sigmas(schedule, model, options.steps), model, options);
}

std::unique_ptr<Solver> make_sampler_on(Sampler sampler, std::vector<float> sigmas, const ModelSampling& model,
                                        const SamplerOptions& options) {
  assert(sigmas.size() >= 2 && sigmas.back() == 0);
  const bool flow = model.space() == Space::flow;
  // Only the first can be 1; others that are nearly so must stay below it, as steps of no length divide by 0.
  if (flow && works_on_lambda(sampler))
    sigmas.front() = std::min(sigmas.front(), std::max(highest_flow_sigma, (1 + sigmas[1]) / 2));
  if (flow && (sampler == Sampler::dpm2_ancestral))
    throw Error(ErrorCategory::unsupported, "cannot choose a sampler", "dpm2_a", "it is not defined for flow models",
                "use dpm2, euler_a or dpmpp_2s_a");
  std::vector<float> timesteps = timesteps_of(model, std::span(sigmas).first(sigmas.size() - 1));
  Schedule schedule{timesteps, sigmas, false};
  if (works_on_lambda(sampler)) return on_lambda(sampler, std::move(schedule), model, options);
  const SigmaModel form{model.space(), model.prediction(), flow ? 1.0f : sigmas.front()};
  switch (sampler) {
    case Sampler::euler_ancestral:
    case Sampler::ddpm:
      return make_euler_ancestral(std::move(schedule), form, options.eta.value_or(1));
    case Sampler::ddim:
      if (options.eta.value_or(0) > 0) return make_euler_ancestral(std::move(schedule), form, *options.eta);
      break;
    case Sampler::heun:
      return make_heun(heun_schedule(sigmas, timesteps), form);
    case Sampler::dpm2:
    case Sampler::dpm2_ancestral: {
      std::optional<float> ancestral;
      if (sampler == Sampler::dpm2_ancestral) ancestral = static_cast<float>(options.eta.value_or(1));
      const std::vector<float> middles = dpm2_midpoints(sigmas, ancestral);
      return make_dpm2(sigmas, timesteps, timesteps_of(model, middles), form, ancestral);
    }
    case Sampler::plms:
      return make_plms(plms_schedule(sigmas, timesteps), form);
    case Sampler::lms:
      return make_lms(std::move(schedule), form, /*order_by_index=*/false);
    case Sampler::lcm:
      return make_sigma_consistency(std::move(schedule), form, std::vector<float>(timesteps.size(), 0.0f));
    case Sampler::tcd: {
      const auto share = static_cast<float>(1 - options.eta.value_or(0.3));
      std::vector<float> lower;
      for (size_t i = 0; i < timesteps.size(); ++i) {
        const bool last = i + 1 == timesteps.size();
        if (flow || last)
          lower.push_back(share * sigmas[i + 1]);
        else
          lower.push_back(static_cast<float>(model.sigma_at(share * timesteps[i + 1])));
      }
      return make_sigma_consistency(std::move(schedule), form, std::move(lower));
    }
    default:
      break;
  }
  return make_euler(std::move(schedule), form);
}

}  // namespace diptych::diffusion
