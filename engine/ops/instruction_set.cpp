#include "engine/ops/instruction_set.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <string_view>

#include "engine/core/error.h"
#include "kernels/cpu/instruction_sets.h"

namespace diptych {
namespace {

constexpr const char* variable = "DIPTYCH_CPU";

bool same_name(std::string_view one, std::string_view other) {
  return std::equal(one.begin(), one.end(), other.begin(), other.end(),
                    [](unsigned char a, unsigned char b) { return std::toupper(a) == std::toupper(b); });
}

// False: this machine, or this build, has no such set.
bool hold(std::string_view name) {
  for (const std::string_view known : kernels::cpu::instruction_sets()) {
    if (!same_name(known, name)) continue;
    kernels::cpu::hold_instruction_set(known);
    return true;
  }
  return false;
}

[[noreturn]] void fail(const std::string& what, const std::string& name, const std::string& remedy) {
  std::string list;
  for (const auto known : kernels::cpu::instruction_sets()) list += (list.empty() ? "" : ", ") + std::string(known);
  throw Error(ErrorCategory::invalid_argument, what, name, "kernels of this build have on this machine " + list,
              remedy);
}

}  // namespace

std::string instruction_set() {
  return std::string(kernels::cpu::instruction_set());
}

void hold_instruction_set(const std::string& name) {
  if (!hold(name)) fail("cannot use instruction set", name, "choose one of them");
}

std::string instruction_set_of_environment() {
  const char* name = std::getenv(variable);
  return name == nullptr ? "" : name;
}

void hold_instruction_set_of_environment() {
  const std::string name = instruction_set_of_environment();
  if (name.empty() || hold(name)) return;
  fail(std::string("cannot use the instruction set of ") + variable, name,
       std::string("set ") + variable + " to one of them, or unset it");
}

}  // namespace diptych
