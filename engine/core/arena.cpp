#include "engine/core/arena.h"

#include <malloc.h>

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstdlib>
#include <new>

#include "engine/core/error.h"
#include "engine/core/pages.h"

namespace diptych {
namespace {

constexpr int64_t alignment = 64;  // a cache line and an AVX-512 vector

// What cached blocks may take above the peak, as a share of it: blocks of a few sizes need not be made again and again.
constexpr int64_t slack_share = 128;

// Size classes: multiples of 64 bytes up to 4 KiB, then eight steps per power of two, so that a block serves requests
// of nearly its size and at most an eighth is wasted; large blocks are whole pages.
int64_t size_class(int64_t bytes) {
  if (bytes <= 4096) return (bytes + alignment - 1) / alignment * alignment;
  const int64_t step = std::max(alignment, static_cast<int64_t>(std::bit_floor(static_cast<uint64_t>(bytes))) / 8);
  return (bytes + step - 1) / step * step;
}

// What stays for long and is never reused by other requests: its exact size, nothing wasted.
bool is_kept(Owner owner) {
  return owner == Owner::weights || owner == Owner::optimizer;
}

size_t at(Owner owner) {
  return static_cast<size_t>(owner);
}

// Large blocks take the huge pages of `spare`.
std::byte* system_allocate(int64_t bytes, std::vector<std::byte*>& spare) {
  if (bytes >= huge_page_bytes) return allocate_pages(bytes, spare);
  return static_cast<std::byte*>(
      std::aligned_alloc(alignment, static_cast<size_t>((bytes + alignment - 1) / alignment * alignment)));
}

void system_free(std::byte* block, int64_t bytes) {
  if (block == nullptr) return;  // on meta
  if (bytes >= huge_page_bytes) {
    free_pages(block, bytes);
  } else {
    std::free(block);
  }
}

// What the C library allocates of large things, it gives back when they are freed. By itself it would, from the first
// one on, keep such memory for others of its size.
void give_back_large_memory() {
#ifdef M_MMAP_THRESHOLD
  static const int always_mapped = mallopt(M_MMAP_THRESHOLD, static_cast<int>(huge_page_bytes));
  static_cast<void>(always_mapped);
#endif
}

}  // namespace

const char* owner_name(Owner owner) {
  constexpr std::array<const char*, owner_count> names{"weights",   "kv_cache",  "activations",
                                                       "workspace", "gradients", "optimizer"};
  return names[at(owner)];
}

Arena::Arena(Device device, int64_t limit_bytes) : device_(device), limit_bytes_(limit_bytes) {
  assert(device.kind != DeviceKind::cuda && "device memory has an arena of its own");
  give_back_large_memory();
}

Arena::~Arena() {
  trim();
}

Arena::Block Arena::allocate(int64_t bytes, Owner owner) {
  assert(bytes >= 0);
  if (bytes == 0) return {};
  const int64_t size = is_kept(owner) ? (bytes + alignment - 1) / alignment * alignment : size_class(bytes);
  const std::lock_guard lock(mutex_);
  if (limit_bytes_ > 0 && use_.total_bytes + size > limit_bytes_) {
    throw Error(ErrorCategory::out_of_memory, "cannot allocate " + std::string(owner_name(owner)), device_name(device_),
                std::to_string(size) + " bytes asked, " + std::to_string(use_.total_bytes) + " of " +
                    std::to_string(limit_bytes_) + " in use",
                "choose a smaller model, context or batch");
  }
  Block block{nullptr, size};
  auto& free = cached_[size];
  if (!free.empty()) {
    block.data = free.back();
    free.pop_back();
  } else {
    make_room(size);
    std::vector<std::byte*>& spare = cached_[huge_page_bytes];
    const size_t before = spare.size();
    if (device_.kind == DeviceKind::meta) {
      spare.resize(before - std::min(before, static_cast<size_t>(huge_pages_of(size))));
    } else {
      block.data = system_allocate(size, spare);
    }
    use_.reserved_bytes -= static_cast<int64_t>(before - spare.size()) * huge_page_bytes;
    if (device_.kind != DeviceKind::meta && block.data == nullptr) {
      throw Error(ErrorCategory::out_of_memory, "cannot allocate " + std::string(owner_name(owner)),
                  device_name(device_), std::to_string(size) + " bytes refused by the system",
                  "close other programs or choose a smaller model");
    }
    use_.reserved_bytes += size;
  }
  count(size, owner);
  return block;
}

void Arena::make_room(int64_t bytes) {
  std::vector<std::byte*>& spare = cached_[huge_page_bytes];
  int64_t most = std::max(use_.total_peak_bytes, use_.total_bytes + bytes);
  most += most / slack_share;
  if (limit_bytes_ > 0) most = std::min(most, std::max(limit_bytes_, use_.total_bytes + bytes));
  const auto excess = [&] {  // once the new block has taken over what it can of the spare huge pages
    const int64_t taken = std::min(std::ssize(spare), huge_pages_of(bytes)) * huge_page_bytes;
    return use_.reserved_bytes - taken + use_.mapped_bytes + bytes - most;
  };
  const auto free_cached = [&](int64_t size, std::vector<std::byte*>& blocks) {
    system_free(blocks.back(), size);
    blocks.pop_back();
    use_.reserved_bytes -= size;
  };
  auto largest = cached_.rbegin();
  while (excess() > 0) {
    if (std::ssize(spare) > huge_pages_of(bytes)) {
      free_cached(huge_page_bytes, spare);
      continue;
    }
    while (largest != cached_.rend() && (largest->second.empty() || &largest->second == &spare)) ++largest;
    if (largest == cached_.rend()) break;
    auto& [size, blocks] = *largest;
    if (size < huge_page_bytes) {
      free_cached(size, blocks);
      continue;
    }
    const int64_t pages = huge_pages_of(size);
    if (device_.kind == DeviceKind::meta) {
      spare.resize(spare.size() + static_cast<size_t>(pages));
    } else {
      split_pages(blocks.back(), size, spare);
    }
    blocks.pop_back();
    use_.reserved_bytes -= size - pages * huge_page_bytes;
  }
}

void Arena::release(Block block, Owner owner) {
  if (block.bytes == 0) return;
  const std::lock_guard lock(mutex_);
  count(-block.bytes, owner);
  if (is_kept(owner) || owner == Owner::kv_cache) {
    system_free(block.data, block.bytes);  // large and long-lived: unloading a model gives its memory back at once
    use_.reserved_bytes -= block.bytes;
  } else {
    cached_[block.bytes].push_back(block.data);
  }
}

void Arena::add_mapped(int64_t bytes, Owner owner) {
  const std::lock_guard lock(mutex_);
  use_.mapped_bytes += bytes;
  count(bytes, owner);
}

void Arena::remove_mapped(int64_t bytes, Owner owner) {
  const std::lock_guard lock(mutex_);
  use_.mapped_bytes -= bytes;
  count(-bytes, owner);
}

void Arena::count(int64_t bytes, Owner owner) {
  int64_t& now = use_.bytes[at(owner)];
  now += bytes;
  use_.total_bytes += bytes;
  assert(now >= 0);
  if (now > use_.peak_bytes[at(owner)]) use_.peak_bytes[at(owner)] = now;
  if (use_.total_bytes > use_.total_peak_bytes) use_.total_peak_bytes = use_.total_bytes;
}

MemoryUse Arena::use() const {
  const std::lock_guard lock(mutex_);
  return use_;
}

void Arena::reset_peak() {
  const std::lock_guard lock(mutex_);
  use_.peak_bytes = use_.bytes;
  use_.total_peak_bytes = use_.total_bytes;
}

void Arena::trim() {
  const std::lock_guard lock(mutex_);
  for (auto& [size, blocks] : cached_) {
    for (std::byte* block : blocks) {
      system_free(block, size);
      use_.reserved_bytes -= size;
    }
  }
  cached_.clear();
#ifdef __GLIBC__
  if (device_.kind != DeviceKind::meta) malloc_trim(0);
#endif
}

}  // namespace diptych
