// That what is asked for is what the kernels run on, also after somebody asked what there is.
#include "kernels/cpu/instruction_sets.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

namespace diptych::kernels::cpu {
namespace {

std::string name_of(std::string_view name) {
  return std::string(name);
}

TEST(InstructionSets, EachCanBeUsed) {
  const auto all = instruction_sets();
  ASSERT_FALSE(all.empty());
  EXPECT_EQ(instruction_set(), all.front());
  for (const std::string_view name : all) {
    use_instruction_set(name);
    EXPECT_EQ(instruction_set(), name);
    EXPECT_EQ(instruction_sets().front(), name);
    EXPECT_EQ(instruction_set(), name) << "after the question";
  }
  use_instruction_set("");
  EXPECT_EQ(instruction_sets(), all);
  EXPECT_EQ(instruction_set(), all.front());
}

// In a process of its own, as it holds for the rest of it.
TEST(InstructionSets, ALowerOneIsHeld) {
  for (const std::string_view name : instruction_sets()) {
    const auto held = [&] {
      hold_instruction_set(name);
      const auto left = instruction_sets();
      bool good = left.front() == name && instruction_set() == name;
      use_instruction_set(left.back());
      good = good && instruction_set() == left.back();
      use_instruction_set("");
      good = good && instruction_sets() == left && instruction_set() == name;
      std::exit(good ? 0 : 1);
    };
    EXPECT_EXIT(held(), testing::ExitedWithCode(0), "") << name_of(name);
  }
}

}  // namespace
}  // namespace diptych::kernels::cpu
