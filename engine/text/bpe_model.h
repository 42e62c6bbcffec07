// Byte-pair encoding with a list of merges in order of rank (GPT-2, Llama 3, Qwen, Llama 2 as Hugging Face stores it).
#pragma once

#include <optional>
#include <string>
#include <unordered_map>

#include "engine/text/byte_tokens.h"
#include "engine/text/merge_heap.h"
#include "engine/text/piece_model.h"
#include "engine/text/vocabulary.h"

namespace diptych {

struct BpeOptions {
  bool ignore_merges = false;  // a piece that is a token as a whole is that token
  bool byte_fallback = false;  // unknown characters become <0xNN> tokens
  bool fuse_unk = false;
  std::optional<int32_t> unk;
  std::string continuing_subword_prefix, end_of_word_suffix;
};

// Merges by pair of ids: an open-addressed table, as encoding looks up several pairs per character.
class MergeTable {
 public:
  struct Merge {
    uint32_t rank;
    int32_t id;
  };
  void reserve(size_t count);
  void set(int32_t left, int32_t right, Merge merge);  // the last one set counts
  const Merge* find(int32_t left, int32_t right) const;

 private:
  struct Slot {
    uint64_t key = empty;
    Merge merge{};
  };
  static constexpr uint64_t empty = ~uint64_t{0};
  static uint64_t key_of(int32_t left, int32_t right) {
    return static_cast<uint64_t>(static_cast<uint32_t>(left)) << 32 | static_cast<uint32_t>(right);
  }
  size_t slot_of(uint64_t key) const;

  std::vector<Slot> slots_;  // a power of two, at most half full
  size_t used_ = 0;
};

class BpeModel final : public PieceModel {
 public:
  // `vocabulary` outlives the model.
  BpeModel(const Vocabulary& vocabulary, MergeTable merges, BpeOptions options);
  void encode(std::string_view piece, std::vector<int32_t>& out) const override;

 private:
  void symbols_of(std::string_view piece, MergeList<int32_t, uint32_t>& list) const;

  const Vocabulary& vocabulary_;
  MergeTable merges_;
  BpeOptions options_;
  ByteTokens bytes_;
};

}  // namespace diptych
