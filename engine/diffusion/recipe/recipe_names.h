// Samplers and schedules as other programs call them.
#pragma once

#include <string>
#include <string_view>

namespace diptych::diffusion {

enum class ImageProgram { a1111, comfyui, invokeai, sd_cpp };

struct NamedSampling {
  std::string sampler;   // ours; empty where we have none of that name
  std::string schedule;  // ours; empty where the name does not say
};

// "DPM++ 2M Karras", "dpmpp_2m_sde_gpu", "euler_a_k", "dpm++2m", …
NamedSampling sampling_of(ImageProgram program, std::string_view sampler);
// Empty where we have none of that name.
std::string schedule_of(ImageProgram program, std::string_view schedule);

// What A1111 takes its schedule "Automatic" for.
std::string a1111_automatic_schedule(std::string_view sampler);

// A1111's names of ours: "DPM++ 2M", "SGM Uniform".
std::string a1111_sampler_name(std::string_view sampler);
std::string a1111_schedule_name(std::string_view schedule);

}  // namespace diptych::diffusion
