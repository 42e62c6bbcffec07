#include "engine/core/storage.h"

#include <atomic>
#include <utility>

namespace diptych {
namespace {

uint64_t next_id() {
  static std::atomic<uint64_t> last{0};
  return ++last;
}

}  // namespace

Storage::Storage(std::shared_ptr<Arena> arena, int64_t bytes, Owner owner)
    : id_(next_id()), arena_(std::move(arena)), block_(arena_->allocate(bytes, owner)), owner_(owner) {}

Storage::Storage(std::shared_ptr<Arena> arena, const std::byte* data, int64_t bytes, Owner owner,
                 std::shared_ptr<const void> keep_alive)
    : id_(next_id()),
      arena_(std::move(arena)),
      block_{const_cast<std::byte*>(data), bytes},
      owner_(owner),
      keep_alive_(std::move(keep_alive)) {
  arena_->add_mapped(bytes, owner_);
}

Storage::~Storage() {
  if (mapped()) {
    arena_->remove_mapped(block_.bytes, owner_);
  } else {
    arena_->release(block_, owner_);
  }
}

}  // namespace diptych
