// Cases of adapters, whose weights golden_test merges, once more beside the weights.
#include <gtest/gtest.h>

#include <algorithm>

#include "app/golden/kinds.h"
#include "tests/golden/compare.h"

namespace diptych::golden {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> adapter_cases() {
  std::vector<fs::path> folders;
  for (const auto& entry : fs::directory_iterator(fs::path(DIPTYCH_SOURCE_DIR) / "tests/golden/cases")) {
    if (fs::exists(entry.path() / "case.json") && Case::open(entry.path()).kind() == "lora")
      folders.push_back(entry.path());
  }
  std::sort(folders.begin(), folders.end());
  return folders;
}

class AdapterCase : public testing::TestWithParam<fs::path> {};

TEST_P(AdapterCase, IsMetOnTheFly) {
  Context ctx(cpu_device, 2);
  const Case one = Case::open(GetParam());
  const TensorMap expected = read_tensors(ctx, GetParam() / "expected.safetensors");
  const TensorMap result = run_lora(ctx, one, AdapterMode::on_the_fly);
  for (const std::string& difference : compare(expected, result, one.description().at("tolerance"))) {
    ADD_FAILURE() << difference;
  }
}

// Whatever the mode: what is not in memory is not rewritten.
TEST_P(AdapterCase, IsTheSameOverStreamedWeights) {
  Context ctx(cpu_device, 2);
  const Case one = Case::open(GetParam());
  const TensorMap in_memory = run_lora(ctx, one, AdapterMode::on_the_fly);
  for (const AdapterMode mode : {AdapterMode::automatic, AdapterMode::merged}) {
    const TensorMap streamed = run_lora(ctx, one, mode, true);
    ASSERT_EQ(streamed.size(), in_memory.size());
    // Matrices of less than a page stay in memory and are merged: as in the case above, within its tolerance.
    for (const std::string& difference : compare(in_memory, streamed, one.description().at("tolerance"))) {
      ADD_FAILURE() << difference;
    }
  }
  for (const auto& [name, tensor] : run_lora(ctx, one, AdapterMode::on_the_fly, true)) {
    const auto values = tensor.span<float>();
    EXPECT_TRUE(std::ranges::equal(values, in_memory.at(name).span<float>())) << name;
  }
}

INSTANTIATE_TEST_SUITE_P(Cases, AdapterCase, testing::ValuesIn(adapter_cases()),
                         [](const auto& info) { return info.param.filename().string(); });

}  // namespace
}  // namespace diptych::golden
