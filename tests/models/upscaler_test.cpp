// Networks that enlarge pictures: what must not change a row, the memory that meta predicts, and what is refused.
#include <gtest/gtest.h>

#include <cmath>

#include "engine/core/error.h"
#include "engine/io/formats/tensor_file.h"
#include "models/registry.h"
#include "tests/engine/io/io_testing.h"

namespace diptych::testing {
namespace {

namespace fs = std::filesystem;

fs::path upscaler_file(const std::string& name) {
  return fs::path(DIPTYCH_SOURCE_DIR) / "tests/golden/cases" / name / "model/model.safetensors";
}

Tensor picture(Context& ctx, const Shape& shape) {
  Tensor x = ctx.output(shape);
  for (int64_t i = 0; i < x.elements() && !x.is_meta(); ++i) {
    x.data<float>()[i] = 0.5f + 0.5f * std::sin(0.37f * static_cast<float>(i));
  }
  return x;
}

class Upscaler : public ::testing::TestWithParam<const char*> {};

TEST_P(Upscaler, ARowDependsNeitherOnTheBatchNorOnThreads) {
  std::vector<float> first;
  for (const int threads : {1, 2, 3}) {
    Context ctx(cpu_device, threads);
    const auto model = models::load_upscaler(ctx, upscaler_file(GetParam()));
    const Tensor x = picture(ctx, {3, 3, 8, 6}), y = model->upscale(ctx, x);
    EXPECT_EQ(y.shape(), (Shape{3, 3, 8 * model->info().scale, 6 * model->info().scale}));
    const std::vector<float> values(y.data<float>(), y.data<float>() + y.elements());
    if (first.empty()) first = values;
    EXPECT_EQ(values, first);
    const Tensor one = model->upscale(ctx, x.slice(0, 1, 2));
    EXPECT_TRUE(std::equal(one.data<float>(), one.data<float>() + one.elements(), first.begin() + one.elements()));
  }
}

TEST_P(Upscaler, NeedsThePredictedMemory) {
  std::vector<MemoryUse> use;
  for (const Device device : {cpu_device, meta_device}) {
    Context ctx(device, 2);
    const auto model = models::load_upscaler(ctx, upscaler_file(GetParam()));
    model->upscale(ctx, picture(ctx, {1, 3, 16, 24}));
    use.push_back(ctx.arena()->use());
  }
  EXPECT_EQ(use[0].peak_bytes, use[1].peak_bytes);
  EXPECT_EQ(use[0].total_peak_bytes, use[1].total_peak_bytes);
}

INSTANTIATE_TEST_SUITE_P(Cases, Upscaler, ::testing::Values("upscaler_rrdb_x4", "upscaler_rrdb_x2_unshuffled_f16"),
                         [](const auto& info) { return std::string(info.param); });

TEST(Upscalers, OfOtherKindsAreRefused) {
  const TemporaryFolder folder;
  Context ctx(cpu_device, 1);
  const auto refused = [&](const TensorMap& tensors) {
    write_tensors(folder / "net.safetensors", tensors);
    return error_of([&] { models::load_upscaler(ctx, folder / "net.safetensors"); });
  };
  const Error other = refused({{"body.0.weight", picture(ctx, {4, 3, 3, 3})}});
  EXPECT_EQ(other.category(), ErrorCategory::unsupported);
  EXPECT_NE(other.to_do().find("ESRGAN"), std::string::npos) << other.what();
  TensorMap tensors = read_tensors(ctx, upscaler_file("upscaler_rrdb_x4"));
  tensors["body.0.rdb1.conv1x1.weight"] = picture(ctx, {3, 8, 1, 1});
  EXPECT_EQ(refused(tensors).category(), ErrorCategory::unsupported);
  tensors.erase("body.0.rdb1.conv1x1.weight");
  tensors["conv_first.weight"] = picture(ctx, {8, 5, 3, 3});
  EXPECT_EQ(refused(tensors).category(), ErrorCategory::unsupported);
  tensors = read_tensors(ctx, upscaler_file("upscaler_rrdb_x4"));
  tensors.erase("conv_hr.weight");
  EXPECT_EQ(refused(tensors).category(), ErrorCategory::invalid_file);
  const auto net = models::load_upscaler(ctx, upscaler_file("upscaler_rrdb_x2_unshuffled_f16"));
  EXPECT_EQ(error_of([&] {
              net->upscale(ctx, picture(ctx, {1, 3, 5, 6}));
            }).category(),
            ErrorCategory::invalid_argument);
}

}  // namespace
}  // namespace diptych::testing
