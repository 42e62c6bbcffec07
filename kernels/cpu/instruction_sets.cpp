#include "kernels/cpu/instruction_sets.h"

#include <cassert>
#include <cstdint>

#include "kernels/cpu/targets.h"
// clang-format off
#include "hwy/highway.h"
// clang-format on

namespace diptych::kernels::cpu {

std::vector<std::string_view> instruction_sets() {
  std::vector<std::string_view> names;
  for (const int64_t target : hwy::SupportedAndGeneratedTargets()) names.emplace_back(hwy::TargetName(target));
  return names;
}

std::string_view instruction_set() {
  return instruction_sets().front();
}

void use_instruction_set(std::string_view name) {
  hwy::SetSupportedTargetsForTest(0);
  for (const int64_t target : hwy::SupportedAndGeneratedTargets()) {
    if (name == hwy::TargetName(target)) hwy::SetSupportedTargetsForTest(target);
  }
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
  assert(name.empty() || instruction_set() == name);
}

}  // namespace diptych::kernels::cpu
