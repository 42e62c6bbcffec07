#include "engine/core/tensor.h"

#include <array>
#include <utility>

namespace diptych {
namespace {

Shape dense_strides(const Shape& shape) {
  Shape strides = shape;
  int64_t step = 1;
  for (int axis = shape.rank() - 1; axis >= 0; --axis) {
    strides = strides.with(axis, step);
    step *= shape[axis];
  }
  return strides;
}

}  // namespace

Tensor::Tensor(std::shared_ptr<Storage> storage, DType dtype, const Shape& shape, int64_t offset_bytes)
    : storage_(std::move(storage)),
      dtype_(dtype),
      shape_(shape),
      strides_(dense_strides(shape)),
      offset_bytes_(offset_bytes) {
  assert(storage_ && offset_bytes >= 0 && offset_bytes + bytes() <= storage_->bytes());
}

Tensor::Tensor(std::shared_ptr<Storage> storage, const Layout& layout)
    : storage_(std::move(storage)),
      dtype_(layout.dtype),
      shape_(layout.shape),
      strides_(layout.strides),
      offset_bytes_(layout.offset_bytes) {
  assert(storage_ && offset_bytes_ >= 0 && offset_bytes_ <= storage_->bytes());
}

int64_t Tensor::bytes() const {
  return static_cast<int64_t>(dtype_bytes(dtype_, elements()));
}

bool Tensor::contiguous() const {
  const Shape dense = dense_strides(shape_);
  for (int axis = 0; axis < shape_.rank(); ++axis) {
    if (shape_[axis] > 1 && strides_[axis] != dense[axis]) return false;
  }
  return true;
}

Tensor Tensor::reshape(const Shape& shape) const {
  assert(contiguous() && shape.elements() == elements());
  Tensor view = *this;
  view.shape_ = shape;
  view.strides_ = dense_strides(shape);
  return view;
}

Tensor Tensor::slice(int axis, int64_t begin, int64_t end) const {
  assert(begin >= 0 && begin <= end && end <= shape_[axis]);
  assert(dtype_info(dtype_).block_values == 1 || axis + 1 < shape_.rank());
  Tensor view = *this;
  view.shape_ = shape_.with(axis, end - begin);
  view.offset_bytes_ += static_cast<int64_t>(dtype_bytes(dtype_, begin * strides_[axis]));
  return view;
}

Tensor Tensor::split_last(int64_t parts) const {
  const int rank = shape_.rank();
  assert(rank > 0 && rank < Shape::max_rank && parts > 0 && shape_[-1] % parts == 0);
  std::array<int64_t, Shape::max_rank> extents{}, strides{};
  for (int axis = 0; axis < rank; ++axis) {
    extents[static_cast<size_t>(axis)] = shape_[axis];
    strides[static_cast<size_t>(axis)] = strides_[axis];
  }
  const auto last = static_cast<size_t>(rank - 1);
  extents[last + 1] = extents[last] / parts;
  extents[last] = parts;
  strides[last + 1] = strides[last];
  strides[last] *= extents[last + 1];
  Tensor view = *this;
  view.shape_ = Shape(std::span<const int64_t>(extents.data(), last + 2));
  view.strides_ = Shape(std::span<const int64_t>(strides.data(), last + 2));
  return view;
}

}  // namespace diptych
