// First-fit packing: every example goes into the first sequence that still has room for it (Johnson 1973).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace diptych::train {

// Groups of indices into `lengths`, each of at most `capacity` in sum, in the order in which they were opened; an index
// joins its group in the order given. A length above the capacity has a group of its own. O(n log n).
std::vector<std::vector<int64_t>> pack_first_fit(std::span<const int64_t> lengths, int64_t capacity);

}  // namespace diptych::train
