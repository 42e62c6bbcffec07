#include "engine/host/machine/memory_table.h"

#include <algorithm>

namespace diptych::host {

MemoryTable::Claim& MemoryTable::Claim::operator=(Claim&& other) noexcept {
  if (this == &other) return *this;
  end();
  table_ = std::exchange(other.table_, nullptr);
  entry_ = other.entry_;
  return *this;
}

void MemoryTable::Claim::end() {
  if (table_ == nullptr) return;
  const std::lock_guard lock(table_->mutex_);
  table_->entries_.erase(entry_);
  table_ = nullptr;
}

MemoryTable::Claim MemoryTable::claim(MemoryUser user, int64_t bytes, std::function<int64_t()> taken_bytes) {
  const std::lock_guard lock(mutex_);
  return {this, entries_.insert(entries_.end(), {user, bytes, std::move(taken_bytes)})};
}

int64_t MemoryTable::free_bytes(const Claim* own, std::optional<MemoryUser> but_of) const {
  const std::lock_guard lock(mutex_);
  int64_t free = available_bytes_();
  for (auto entry = entries_.begin(); entry != entries_.end(); ++entry) {
    if (but_of == entry->user) continue;
    if (own != nullptr && own->table_ == this && std::list<Entry>::const_iterator(own->entry_) == entry) continue;
    free -= std::max<int64_t>(0, entry->bytes - entry->taken_bytes());
  }
  return free;
}

}  // namespace diptych::host
