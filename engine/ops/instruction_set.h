// Which of the machine's instruction sets the CPU's kernels use. They take the best; holding them to a lower one
// measures what other machines would do, and tells whether a wrong result is one kernel's fault.
#pragma once

#include <string>

namespace diptych {

std::string instruction_set();  // in use: "AVX2", "AVX3" (AVX-512), "AVX3_DL" (with VNNI), "NEON", …

// No better one than `name`, in any case of letters, for the rest of the process; before anything computes.
// Error: invalid_argument, which names those that there are.
void hold_instruction_set(const std::string& name);

// Does that with what DIPTYCH_CPU says. The programs call it first. Error: as above.
void hold_instruction_set_of_environment();
std::string instruction_set_of_environment();  // DIPTYCH_CPU; empty: nothing holds the kernels

}  // namespace diptych
