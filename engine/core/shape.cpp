#include "engine/core/shape.h"

#include <algorithm>

namespace diptych {

Shape::Shape(std::span<const int64_t> extents) : rank_(static_cast<int>(extents.size())) {
  assert(extents.size() <= max_rank);
  std::ranges::copy(extents, extents_.begin());
}

int64_t Shape::elements() const {
  int64_t product = 1;
  for (const int64_t extent : extents()) product *= extent;
  return product;
}

std::string Shape::str() const {
  std::string text = "[";
  for (int i = 0; i < rank_; ++i) text += (i ? ", " : "") + std::to_string(extents_[static_cast<size_t>(i)]);
  return text + "]";
}

Shape Shape::with(int axis, int64_t extent) const {
  Shape changed = *this;
  changed.extents_[index(axis)] = extent;
  return changed;
}

}  // namespace diptych
