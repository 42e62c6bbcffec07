// Tensors: views share storage and know where their elements are.
#include "engine/core/tensor.h"

#include <gtest/gtest.h>

#include <numeric>

#include "engine/core/context.h"

namespace diptych {
namespace {

class TensorTest : public testing::Test {
 protected:
  Tensor counting(const Shape& shape) {
    Tensor tensor = ctx.output(shape);
    std::iota(tensor.span<float>().begin(), tensor.span<float>().end(), 0.0f);
    return tensor;
  }
  Context ctx{cpu_device, 1};
};

TEST_F(TensorTest, IsRowMajor) {
  const Tensor t = counting({2, 3, 4});
  EXPECT_EQ(t.stride(0), 12);
  EXPECT_EQ(t.stride(1), 4);
  EXPECT_EQ(t.stride(2), 1);
  EXPECT_EQ(t.elements(), 24);
  EXPECT_EQ(t.bytes(), 96);
  EXPECT_EQ(t.dim(-1), 4);
  EXPECT_TRUE(t.contiguous());
}

TEST_F(TensorTest, SlicesShareStorage) {
  const Tensor t = counting({4, 6});
  const Tensor rows = t.slice(0, 1, 3), columns = t.slice(1, 2, 5);
  EXPECT_EQ(rows.storage(), t.storage());
  EXPECT_EQ(rows.data<float>()[0], 6.0f);
  EXPECT_TRUE(rows.contiguous());
  EXPECT_EQ(columns.shape(), (Shape{4, 3}));
  EXPECT_EQ(columns.data<float>()[columns.stride(0)], 8.0f);
  EXPECT_FALSE(columns.contiguous());
  columns.data<float>()[0] = -1.0f;
  EXPECT_EQ(t.data<float>()[2], -1.0f);
  EXPECT_EQ(t.slice(0, 2, 2).elements(), 0);
}

TEST_F(TensorTest, SplitsTheLastAxisOfAView) {
  const Tensor heads = counting({5, 12}).slice(1, 4, 12).split_last(2);  // [5, 2, 4]
  EXPECT_EQ(heads.shape(), (Shape{5, 2, 4}));
  EXPECT_EQ(heads.stride(0), 12);
  EXPECT_EQ(heads.stride(1), 4);
  EXPECT_EQ(heads.data<float>()[3 * heads.stride(0) + heads.stride(1)], 44.0f);
}

TEST_F(TensorTest, RowsOfOneElementCountAsContiguous) {
  EXPECT_TRUE(counting({1, 8}).slice(0, 0, 1).contiguous());
  EXPECT_TRUE(counting({3, 4}).slice(1, 0, 4).contiguous());
  EXPECT_TRUE(counting({1, 8}).slice(1, 2, 5).contiguous());
}

TEST_F(TensorTest, StoresBlockTypesWhole) {
  const Tensor t = ctx.output({3, 64}, DType::q4_1);
  EXPECT_EQ(t.bytes(), 3 * 2 * 20);
  EXPECT_EQ(t.slice(0, 1, 2).raw() - t.raw(), 40);
}

TEST_F(TensorTest, OutlivesItsContext) {
  Tensor t;
  {
    Context other(cpu_device, 1);
    t = other.output({4});
    t.span<float>()[3] = 7;
  }
  EXPECT_EQ(t.span<float>()[3], 7);
}

TEST(ShapeTest, WritesItself) {
  EXPECT_EQ((Shape{2, 576}).str(), "[2, 576]");
  EXPECT_EQ(Shape{}.str(), "[]");
  EXPECT_EQ(Shape{}.elements(), 1);
  EXPECT_EQ((Shape{2, 3}).with(-1, 9), (Shape{2, 9}));
}

}  // namespace
}  // namespace diptych
