// Counted storage behind tensors: a block of an arena, or bytes that somebody else keeps alive (a mapped file).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "engine/core/arena.h"

namespace diptych {

class Storage {
 public:
  // The arena must be kept alive by the storage: a tensor may outlive the context it came from.
  Storage(std::shared_ptr<Arena> arena, int64_t bytes, Owner owner);
  // Bytes inside a mapped file; `keep_alive` holds the mapping. Counted as mapped, never written.
  Storage(std::shared_ptr<Arena> arena, const std::byte* data, int64_t bytes, Owner owner,
          std::shared_ptr<const void> keep_alive);
  ~Storage();
  Storage(const Storage&) = delete;
  Storage& operator=(const Storage&) = delete;

  // Tells storages of one process apart, also from those that are gone.
  uint64_t id() const { return id_; }
  std::byte* data() const { return block_.data; }
  int64_t bytes() const { return block_.bytes; }
  bool mapped() const { return keep_alive_ != nullptr; }
  Device device() const { return arena_->device(); }

 private:
  uint64_t id_;
  std::shared_ptr<Arena> arena_;
  Arena::Block block_;
  Owner owner_;
  std::shared_ptr<const void> keep_alive_;
};

}  // namespace diptych
