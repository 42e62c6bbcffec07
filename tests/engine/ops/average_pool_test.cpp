#include "engine/ops/average_pool.h"

#include <gtest/gtest.h>

#include "tests/engine/ops/op_testing.h"

namespace diptych {
namespace {

TEST(AveragePool, HalvesSidesAndRoundsThemUp) {
  Context ctx(cpu_device, 2);
  const Tensor x = testing::tensor_of(ctx, {1, 3, 3, 1}, {1, 2, 3, 4, 5, 6, 7, 8, 9});
  const Tensor y = average_pool(ctx, x);
  EXPECT_EQ(y.shape(), (Shape{1, 2, 2, 1}));
  EXPECT_EQ(testing::values_of(y), (std::vector<float>{3, 4.5f, 7.5f, 9}));
}

TEST(AveragePool, DependsNeitherOnNeighboursNorOnThreads) {
  const Shape shape{3, 37, 22, 9};
  const auto x = testing::random_values(shape.elements(), 4);
  std::vector<float> first;
  for (const int threads : {1, 2, 3}) {
    Context ctx(cpu_device, threads);
    const Tensor whole = testing::tensor_of(ctx, shape, x);
    const auto all = testing::values_of(average_pool(ctx, whole));
    if (first.empty()) first = all;
    EXPECT_EQ(all, first);
    const auto alone = testing::values_of(average_pool(ctx, whole.slice(0, 1, 2)));
    EXPECT_TRUE(std::equal(alone.begin(), alone.end(), first.begin() + static_cast<int64_t>(alone.size())));
  }
}

TEST(AveragePool, CountsTheSameOnMeta) {
  Context cpu(cpu_device, 1), meta(meta_device, 1);
  for (Context* ctx : {&cpu, &meta}) average_pool(*ctx, ctx->output({2, 5, 6, 3}));
  EXPECT_EQ(cpu.cost().bytes(), meta.cost().bytes());
  EXPECT_EQ(cpu.arena()->use().total_peak_bytes, meta.arena()->use().total_peak_bytes);
}

}  // namespace
}  // namespace diptych
