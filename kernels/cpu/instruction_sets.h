// The instruction sets that the kernels are compiled for and this machine has. The best one is used.
#pragma once

#include <string_view>
#include <vector>

namespace diptych::kernels::cpu {

std::vector<std::string_view> instruction_sets();  // best first: "AVX3_DL" (AVX-512 with VNNI), "AVX3", "AVX2", …
std::string_view instruction_set();                // the one in use

// While no kernel runs: no better one than this of instruction_sets() from now on, in whatever follows.
void hold_instruction_set(std::string_view name);

// For tests, while no kernel runs: use this one of instruction_sets(), or the best with "".
void use_instruction_set(std::string_view name);

}  // namespace diptych::kernels::cpu
