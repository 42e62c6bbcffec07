// Memory for large blocks, in huge pages: fresh from the system, or made of the pages of blocks that have served.
//
// The system clears every page that it gives. A network whose blocks are of ever other sizes spends a twentieth of its
// time in that, where all of them together must not exceed their peak; to move pages costs next to nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace diptych {

inline constexpr int64_t huge_page_bytes = int64_t{2} << 20;

constexpr int64_t huge_pages_of(int64_t bytes) {
  return bytes / huge_page_bytes;
}

// A block of at least a huge page whose content is undefined. Its huge pages are those of `spare`, as far as they go,
// which loses them. Null where the system refuses.
std::byte* allocate_pages(int64_t bytes, std::vector<std::byte*>& spare);
void free_pages(std::byte* block, int64_t bytes);

// Adds the block's huge pages to `spare`, each a block of its own now; what is left of it is given back.
void split_pages(std::byte* block, int64_t bytes, std::vector<std::byte*>& spare);

}  // namespace diptych
