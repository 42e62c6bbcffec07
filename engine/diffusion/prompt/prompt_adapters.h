// "<lora:name:0.8>" in a prompt: adapters to apply, taken out of the text.
//
//   tag = "<" kind ":" name { ":" value } ">"     kind: letters, digits, underscores; lora and lyco are known
//   value = number | "te=" number | "unet=" number
//
// The first number is for the text encoder, the second one for the denoiser; a missing second one equals the first, a
// missing first one is 1. Tags of other kinds are taken out, too, as A1111 does.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace diptych::diffusion {

struct PromptAdapter {
  std::string name;
  double text_encoder_scale = 1;
  double denoiser_scale = 1;

  bool operator==(const PromptAdapter&) const = default;
};

struct PromptTags {
  std::string text;  // without tags
  std::vector<PromptAdapter> adapters;
  std::vector<std::string> ignored;  // tags of other kinds or with something else than numbers, as they were written
};

PromptTags take_tags(std::string_view prompt);

// "<lora:name:0.8>", or with both scales where they differ.
std::string adapter_tag(const PromptAdapter& adapter);

}  // namespace diptych::diffusion
