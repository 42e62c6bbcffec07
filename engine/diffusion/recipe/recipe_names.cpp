#include "engine/diffusion/recipe/recipe_names.h"

#include <optional>
#include <span>
#include <utility>

#include "engine/core/error.h"
#include "engine/diffusion/solvers/name_table.h"
#include "engine/diffusion/solvers/sampler.h"

namespace diptych::diffusion {
namespace {

using NamePair = std::pair<std::string_view, std::string_view>;

constexpr NamePair a1111_samplers[] = {{"euler", "Euler"},
                                       {"euler_a", "Euler a"},
                                       {"heun", "Heun"},
                                       {"dpm2", "DPM2"},
                                       {"dpm2_a", "DPM2 a"},
                                       {"dpmpp_2s_a", "DPM++ 2S a"},
                                       {"dpmpp_sde", "DPM++ SDE"},
                                       {"dpmpp_2m", "DPM++ 2M"},
                                       {"dpmpp_2m_sde", "DPM++ 2M SDE"},
                                       {"dpmpp_3m_sde", "DPM++ 3M SDE"},
                                       {"ddim", "DDIM"},
                                       {"ddpm", "DDPM"},
                                       {"plms", "PLMS"},
                                       {"lms", "LMS"},
                                       {"uni_pc", "UniPC bh1"},
                                       {"uni_pc_bh2", "UniPC"},
                                       {"deis", "DEIS"},
                                       {"lcm", "LCM"},
                                       {"tcd", "TCD"}};

constexpr NamePair a1111_schedules[] = {{"normal", "Uniform"},          {"karras", "Karras"},
                                        {"exponential", "Exponential"}, {"polyexponential", "Polyexponential"},
                                        {"sgm_uniform", "SGM Uniform"}, {"simple", "Simple"},
                                        {"ddim_uniform", "DDIM"},       {"beta", "Beta"},
                                        {"kl_optimal", "KL Optimal"}};

// By plain names (name_table.h): what our own tables do not know already.
constexpr NamePair invokeai_samplers[] = {
    {"k_lms", "lms"},          {"k_euler", "euler"},    {"k_euler_a", "euler_a"}, {"k_heun", "heun"},
    {"k_dpm_2", "dpm2"},       {"k_dpm_2_a", "dpm2_a"}, {"kdpm_2", "dpm2"},       {"kdpm_2_a", "dpm2_a"},
    {"k_dpmpp_2", "dpmpp_2m"}, {"dpmpp_3m", ""},        {"dpmpp_2s", ""},         {"dpmpp_2m_sde", "dpmpp_2m_sde"},
    {"unipc", "uni_pc_bh2"}};
constexpr NamePair sd_cpp_samplers[] = {{"dpmpp2s_a", "dpmpp_2s_a"}, {"dpmpp2m", "dpmpp_2m"}, {"dpmpp2mv2", ""},
                                        {"ddim_trailing", "ddim"},   {"euler_a", "euler_a"},  {"heun", "heun"}};
constexpr NamePair sd_cpp_schedules[] = {{"discrete", "normal"}};

std::optional<std::string_view> find_name(std::span<const NamePair> names, std::string_view name) {
  for (const auto& [from, to] : names)
    if (from == name) return to;
  return std::nullopt;
}

std::string own_schedule(std::string_view name) {
  try {
    return named_schedule_name(parse_named_schedule(name));
  } catch (const Error&) {
    return {};
  }
}

NamedSampling own_sampling(std::string_view name) {
  try {
    const SamplerChoice choice = parse_sampler(name);
    return {sampler_name(choice.sampler), choice.schedule ? named_schedule_name(*choice.schedule) : ""};
  } catch (const Error&) {
    return {};
  }
}

NamedSampling invokeai_sampling(std::string name) {
  NamedSampling sampling;
  if (name.ends_with("_k")) {
    name.resize(name.size() - 2);
    sampling.schedule = "karras";
  }
  if (const auto known = find_name(invokeai_samplers, name))
    sampling.sampler = *known;
  else
    sampling.sampler = own_sampling(name).sampler;
  return sampling;
}

// "euler_a karras": the schedule stands behind the sampler.
NamedSampling sd_cpp_sampling(std::string_view name) {
  NamedSampling sampling;
  const size_t space = name.find(' ');
  if (space != name.npos) sampling.schedule = schedule_of(ImageProgram::sd_cpp, name.substr(space + 1));
  const std::string plain = plain_name(name.substr(0, space));
  if (const auto known = find_name(sd_cpp_samplers, plain))
    sampling.sampler = *known;
  else
    sampling.sampler = own_sampling(plain).sampler;
  return sampling;
}

std::string name_there(std::span<const NamePair> names, std::string_view own) {
  return std::string(find_name(names, own).value_or(own));
}

}  // namespace

NamedSampling sampling_of(ImageProgram program, std::string_view sampler) {
  switch (program) {
    case ImageProgram::invokeai:
      return invokeai_sampling(plain_name(sampler));
    case ImageProgram::sd_cpp:
      return sd_cpp_sampling(sampler);
    case ImageProgram::comfyui:
      if (sampler.ends_with("_gpu")) sampler.remove_suffix(4);
      return own_sampling(sampler);
    case ImageProgram::a1111:
      break;
  }
  for (const auto& [own, there] : a1111_samplers)
    if (sampler == there) return {std::string(own), ""};
  return own_sampling(sampler);
}

std::string schedule_of(ImageProgram program, std::string_view schedule) {
  if (program == ImageProgram::sd_cpp) {
    if (const auto known = find_name(sd_cpp_schedules, schedule)) return std::string(*known);
  }
  return own_schedule(schedule);
}

std::string a1111_automatic_schedule(std::string_view sampler) {
  if (sampler == "dpmpp_2m" || sampler == "dpmpp_sde" || sampler == "dpmpp_2s_a" || sampler == "dpm2" ||
      sampler == "dpm2_a")
    return "karras";
  if (sampler == "dpmpp_2m_sde" || sampler == "dpmpp_3m_sde") return "exponential";
  if (sampler == "ddim" || sampler == "plms") return "ddim_uniform";
  return "normal";
}

std::string a1111_sampler_name(std::string_view sampler) {
  return name_there(a1111_samplers, sampler);
}

std::string a1111_schedule_name(std::string_view schedule) {
  return name_there(a1111_schedules, schedule);
}

}  // namespace diptych::diffusion
