// Transformers in their original layout, as GGUF files have them: the same weights give the same bits as diffusers'
// folder.
#include <gtest/gtest.h>

#include <cmath>

#include "tests/engine/io/io_testing.h"
#include "tests/models/two_layouts.h"

namespace diptych::testing {
namespace {

void expect_the_same(const SmallModel& model) {
  const TemporaryFolder folder;
  model.layouts.write_folder(folder / "model", model.config);
  model.layouts.write_gguf(folder / "model.gguf", model.architecture, DType::f32);
  const auto expected = denoised(folder / "model");
  EXPECT_EQ(denoised(folder / "model.gguf"), expected);
  model.layouts.write_gguf(folder / "small.gguf", model.architecture, DType::q8_0);
  const auto rounded = denoised(folder / "small.gguf");
  double error = 0, size = 0;
  for (size_t i = 0; i < expected.size(); ++i) {
    error += std::pow(static_cast<double>(rounded[i]) - expected[i], 2);
    size += std::pow(static_cast<double>(expected[i]), 2);
  }
  EXPECT_LT(std::sqrt(error / size), 0.05);
}

TEST(OriginalNames, FluxGivesTheSameBits) {
  expect_the_same(small_flux());
}

TEST(OriginalNames, Sd3GivesTheSameBits) {
  expect_the_same(small_sd3());
}

}  // namespace
}  // namespace diptych::testing
