// Tensor: a counted handle to storage, with a data type, a shape and strides. A view shares its storage.
//
// Ops take tensors by const reference and return new ones; nothing writes into a tensor that somebody else holds.
// Block-quantized types are only stored whole: their rows are contiguous and views may cut rows, not columns.
#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "engine/core/shape.h"
#include "engine/core/storage.h"
#include "kernels/common/dtype.h"

namespace diptych {

// Where a tensor's elements lie in a storage.
struct Layout {
  DType dtype = DType::f32;
  Shape shape, strides;
  int64_t offset_bytes = 0;
};

class Tensor {
 public:
  Tensor() = default;
  Tensor(std::shared_ptr<Storage> storage, DType dtype, const Shape& shape, int64_t offset_bytes = 0);  // contiguous
  Tensor(std::shared_ptr<Storage> storage, const Layout& layout);

  explicit operator bool() const { return storage_ != nullptr; }
  DType dtype() const { return dtype_; }
  const Shape& shape() const { return shape_; }
  int64_t dim(int axis) const { return shape_[axis]; }
  int64_t elements() const { return shape_.elements(); }
  int64_t bytes() const;  // of the elements, not of the storage behind them
  Device device() const { return storage_->device(); }
  bool is_meta() const { return device().kind == DeviceKind::meta; }

  // Elements from one index to the next along an axis.
  int64_t stride(int axis) const { return strides_[axis]; }
  bool contiguous() const;

  Layout layout() const { return {dtype_, shape_, strides_, offset_bytes_}; }

  // Views; an impossible one is a mistake of ours and asserts.
  Tensor reshape(const Shape& shape) const;                  // contiguous only
  Tensor slice(int axis, int64_t begin, int64_t end) const;  // [begin, end) along an axis
  Tensor split_last(int64_t parts) const;                    // [..., n] -> [..., parts, n / parts]

  // The elements; nullptr on meta. T must fit the data type.
  template <typename T>
  T* data() const {
    return reinterpret_cast<T*>(bytes_begin());
  }
  const std::byte* raw() const { return bytes_begin(); }
  std::byte* raw() { return bytes_begin(); }
  template <typename T>
  std::span<T> span() const {
    assert(contiguous() && sizeof(T) * static_cast<size_t>(elements()) == static_cast<size_t>(bytes()));
    return {data<T>(), static_cast<size_t>(elements())};
  }

  const std::shared_ptr<Storage>& storage() const { return storage_; }

 private:
  std::byte* bytes_begin() const {
    assert(storage_);
    return storage_->data() == nullptr ? nullptr : storage_->data() + offset_bytes_;
  }

  std::shared_ptr<Storage> storage_;
  DType dtype_ = DType::f32;
  Shape shape_;
  Shape strides_;
  int64_t offset_bytes_ = 0;
};

}  // namespace diptych
