// Shape of a tensor: up to six extents, outermost first.
#pragma once

#include <array>
#include <cassert>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>

namespace diptych {

class Shape {
 public:
  static constexpr int max_rank = 6;

  Shape() = default;
  Shape(std::initializer_list<int64_t> extents) : Shape(std::span<const int64_t>(extents.begin(), extents.size())) {}
  explicit Shape(std::span<const int64_t> extents);

  int rank() const { return rank_; }
  int64_t operator[](int axis) const { return extents_[index(axis)]; }  // a negative axis counts from the end
  int64_t elements() const;                                             // 1 for a scalar
  std::span<const int64_t> extents() const { return {extents_.data(), static_cast<size_t>(rank_)}; }
  std::string str() const;  // "[2, 576]"

  Shape with(int axis, int64_t extent) const;

  friend bool operator==(const Shape& a, const Shape& b) = default;

 private:
  size_t index(int axis) const {
    const int i = axis < 0 ? axis + rank_ : axis;
    assert(i >= 0 && i < rank_);
    return static_cast<size_t>(i);
  }

  std::array<int64_t, max_rank> extents_{};
  int rank_ = 0;
};

}  // namespace diptych
