#include "engine/text/bpe_model.h"

#include "engine/text/unicode.h"

namespace diptych {

void MergeTable::reserve(size_t count) {
  size_t size = 16;
  while (size < 2 * count) size *= 2;
  slots_.assign(size, {});
}

size_t MergeTable::slot_of(uint64_t key) const {
  uint64_t hash = key * 0x9E3779B97F4A7C15u;
  size_t slot = (hash ^ hash >> 32) & (slots_.size() - 1);
  while (slots_[slot].key != empty && slots_[slot].key != key) slot = (slot + 1) & (slots_.size() - 1);
  return slot;
}

void MergeTable::set(int32_t left, int32_t right, Merge merge) {
  if (2 * (used_ + 1) > slots_.size()) {
    std::vector<Slot> old = std::move(slots_);
    reserve(old.size() < 16 ? 16 : old.size());
    for (const Slot& slot : old) {
      if (slot.key != empty) slots_[slot_of(slot.key)] = slot;
    }
  }
  Slot& slot = slots_[slot_of(key_of(left, right))];
  used_ += slot.key == empty;
  slot = {key_of(left, right), merge};
}

const MergeTable::Merge* MergeTable::find(int32_t left, int32_t right) const {
  if (slots_.empty()) return nullptr;
  const Slot& slot = slots_[slot_of(key_of(left, right))];
  return slot.key == empty ? nullptr : &slot.merge;
}

BpeModel::BpeModel(const Vocabulary& vocabulary, MergeTable merges, BpeOptions options)
    : vocabulary_(vocabulary), merges_(std::move(merges)), options_(std::move(options)), bytes_(vocabulary) {}

void BpeModel::symbols_of(std::string_view piece, MergeList<int32_t, uint32_t>& list) const {
  bool unknown = false;  // an unknown character waits, so that its neighbours can join it
  const auto flush = [&] {
    if (unknown) list.push(*options_.unk);
    unknown = false;
  };
  std::string decorated;
  for (size_t at = 0; at < piece.size();) {
    const size_t bytes = utf8_step(piece, at).bytes;
    const std::string_view character = piece.substr(at, bytes);
    std::string_view text = character;
    const bool first = at == 0, last = at + bytes == piece.size();
    at += bytes;
    if ((!first && !options_.continuing_subword_prefix.empty()) || (last && !options_.end_of_word_suffix.empty())) {
      decorated = (first ? "" : options_.continuing_subword_prefix) + std::string(character) +
                  (last ? options_.end_of_word_suffix : "");
      text = decorated;
    }
    if (const auto id = vocabulary_.find(text)) {
      flush();
      list.push(*id);
      continue;
    }
    if (options_.byte_fallback && bytes_.cover(text)) {
      for (const char c : text) list.push(bytes_[c]);
      continue;
    }
    if (!options_.unk) continue;
    if (!options_.fuse_unk) flush();
    unknown = true;
  }
  flush();
}

void BpeModel::encode(std::string_view piece, std::vector<int32_t>& out) const {
  if (piece.empty()) return;
  if (options_.ignore_merges) {
    if (const auto id = vocabulary_.find(piece)) return out.push_back(*id);
  }
  static thread_local MergeList<int32_t, uint32_t> list;
  list.clear();
  symbols_of(piece, list);
  list.merge_all([&](int32_t left, int32_t right, uint32_t& rank, int32_t& merged) {
    const MergeTable::Merge* merge = merges_.find(left, right);
    if (merge == nullptr) return false;
    rank = merge->rank;
    merged = merge->id;
    return true;
  });
  list.for_each([&](int32_t id) { out.push_back(id); });
}

}  // namespace diptych
