// "{red|green|blue}" in a prompt: one of them, drawn by a seed.
//
//   group = "{" text "|" text { "|" text } "}"
//
// Groups may stand inside each other; a bar inside square brackets belongs to those. Braces without a bar, or never
// closed, are text, and so is what follows a backslash.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace diptych::diffusion {

// The n-th group in reading order takes the n-th number of the seed's stream, groups of options not taken left out.
std::string draw_wildcards(std::string_view text, uint64_t seed);

}  // namespace diptych::diffusion
