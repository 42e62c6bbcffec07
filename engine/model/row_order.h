// The order of a layer's rows where an adapter has them otherwise.
#pragma once

#include <cstdint>

namespace diptych {

struct RowOrder {
  int64_t pair_heads_of = 0;      // rows of each head of this size stand in pairs here (i, i + size / 2); 0: as usual
  bool halves_exchanged = false;  // the adapter's first half of the rows is the second one here

  bool as_usual() const { return pair_heads_of == 0 && !halves_exchanged; }

  // Of the adapter's `rows`, the one that stands here as `row`.
  int64_t source_of(int64_t row, int64_t rows) const {
    if (halves_exchanged) row = (row + rows / 2) % rows;
    if (pair_heads_of == 0) return row;
    const int64_t head = pair_heads_of;
    return row / head * head + row % 2 * (head / 2) + row % head / 2;
  }
};

}  // namespace diptych
