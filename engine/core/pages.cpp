#include "engine/core/pages.h"

#include <sys/mman.h>

#include <cassert>

namespace diptych {

namespace {

constexpr int64_t page_bytes = 4096;

int64_t whole_pages(int64_t bytes) {
  return (bytes + page_bytes - 1) / page_bytes * page_bytes;
}

void* map(void* place, int64_t bytes, int flags) {
  return mmap(place, static_cast<size_t>(bytes), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);
}

void unmap(std::byte* place, int64_t bytes) {
  if (bytes > 0) munmap(place, static_cast<size_t>(bytes));
}

std::byte* map_aligned(int64_t bytes) {
  void* mapped = map(nullptr, bytes + huge_page_bytes, 0);
  if (mapped == MAP_FAILED) return nullptr;
  auto* begin = static_cast<std::byte*>(mapped);
  const auto before =
      static_cast<int64_t>(-reinterpret_cast<uintptr_t>(begin) & static_cast<uintptr_t>(huge_page_bytes - 1));
  unmap(begin, before);
  unmap(begin + before + bytes, huge_page_bytes - before);
  return begin + before;
}

// The huge page at `from` comes to stand at `to`, in place of what is mapped there. Page by page, as what was moved
// before is a mapping of its own, and one call moves but one of them.
bool move_huge_page(std::byte* from, std::byte* to) {
  constexpr auto bytes = static_cast<size_t>(huge_page_bytes);
  if (mremap(from, bytes, bytes, MREMAP_MAYMOVE | MREMAP_FIXED, to) == to) return true;
  unmap(from, huge_page_bytes);  // too many mappings, say: a fresh page does as well
  return map(to, huge_page_bytes, MAP_FIXED) == to;
}

}  // namespace

std::byte* allocate_pages(int64_t bytes, std::vector<std::byte*>& spare) {
  assert(bytes >= huge_page_bytes);
  std::byte* block = map_aligned(whole_pages(bytes));
  if (block == nullptr) return nullptr;
  // A large matrix is read from end to end for every token: with whole huge pages 8 % faster. A refusal changes
  // nothing.
  const int64_t huge = huge_pages_of(bytes) * huge_page_bytes;
  madvise(block, static_cast<size_t>(huge), MADV_HUGEPAGE);
  for (int64_t filled = 0; filled < huge && !spare.empty(); filled += huge_page_bytes) {
    std::byte* from = spare.back();
    spare.pop_back();
    if (!move_huge_page(from, block + filled)) {
      unmap(block, whole_pages(bytes));
      return nullptr;
    }
  }
  return block;
}

void free_pages(std::byte* block, int64_t bytes) {
  unmap(block, whole_pages(bytes));
}

void split_pages(std::byte* block, int64_t bytes, std::vector<std::byte*>& spare) {
  const int64_t pages = huge_pages_of(bytes), rest = whole_pages(bytes) - pages * huge_page_bytes;
  for (int64_t i = 0; i < pages; ++i) spare.push_back(block + i * huge_page_bytes);
  unmap(block + pages * huge_page_bytes, rest);
}

}  // namespace diptych
