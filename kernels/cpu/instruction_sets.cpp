#include "kernels/cpu/instruction_sets.h"

#include <cassert>
#include <cstdint>

#include "kernels/cpu/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/instruction_sets.cpp"
#include "hwy/foreach_target.h"
// clang-format off
#include "hwy/highway.h"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace diptych::kernels::cpu::HWY_NAMESPACE {

int64_t own_target() {
  return HWY_TARGET;
}

}  // namespace diptych::kernels::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace diptych::kernels::cpu {
namespace {

int64_t held_targets = 0;  // 0: all

// Not Highway's DisableTargets: in version 1.0.3 each question what is supported makes disabled targets be chosen
// again.
void choose_from(int64_t targets) {
  hwy::SetSupportedTargetsForTest(targets);
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
}

// This one and the lower ones, of which the dispatch takes the best.
int64_t up_to(std::string_view name) {
  int64_t targets = 0;
  for (const int64_t target : hwy::SupportedAndGeneratedTargets()) {
    if (targets != 0 || name == hwy::TargetName(target)) targets |= target;
  }
  return targets;
}

}  // namespace

HWY_EXPORT(own_target);

std::vector<std::string_view> instruction_sets() {
  std::vector<std::string_view> names;
  for (const int64_t target : hwy::SupportedAndGeneratedTargets()) names.emplace_back(hwy::TargetName(target));
  return names;
}

std::string_view instruction_set() {
  return hwy::TargetName(HWY_DYNAMIC_DISPATCH(own_target)());  // as the kernels are chosen
}

void hold_instruction_set(std::string_view name) {
  held_targets = up_to(name);
  choose_from(held_targets);
  assert(instruction_set() == name);
}

void use_instruction_set(std::string_view name) {
  choose_from(held_targets);
  if (!name.empty()) choose_from(up_to(name));
  assert(name.empty() || instruction_set() == name);
}

}  // namespace diptych::kernels::cpu
#endif  // HWY_ONCE
