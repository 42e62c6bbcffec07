// The frame of A1111's `parameters` text, which stands in most pictures there are:
//
//   prompt, any number of lines
//   Negative prompt: text, any number of lines
//   Steps: 20, Sampler: Euler a, Size: 512x512, Lora hashes: "a: 1f2e, b: 3d4c", …
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace diptych::diffusion {

struct ParametersText {
  std::string prompt, negative_prompt;
  std::vector<std::pair<std::string, std::string>> values;  // in their order, quotes taken off

  // Null where the key is not there.
  const std::string* find(std::string_view key) const;
};

// None without a line of at least three values: any text may be called "parameters".
std::optional<ParametersText> parse_parameters_text(std::string_view text);

// "key: value, key: value" as in a line of values.
std::vector<std::pair<std::string, std::string>> parse_parameter_line(std::string_view line);

std::string write_parameters_text(const ParametersText& text);

}  // namespace diptych::diffusion
