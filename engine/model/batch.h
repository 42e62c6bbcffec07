// Batch: the tokens of all sequences concatenated. One chat, continuous batching, chunked prefill, packing in training
// and speculative decoding are all batches.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace diptych {

// A sequence's place in the paged KV cache: key j stands in blocks[j / block_tokens].
struct KvSequence {
  std::vector<int32_t> blocks;
  int64_t length = 0;  // tokens whose keys are stored; the generator advances it after a forward
};

struct Batch {
  std::vector<int32_t> tokens;            // [tokens]
  std::vector<int32_t> positions;         // [tokens]
  std::vector<int64_t> sequence_offsets;  // [sequences + 1]; sequence s is rows offsets[s] … offsets[s + 1] - 1
  std::vector<const KvSequence*> kv;      // [sequences], blocks for every position present; empty: no cache
  std::vector<int64_t> key_limits;        // [sequences], without a cache: later keys are padding; empty: none is
  std::vector<int32_t> output_rows;       // rows whose logits are wanted; empty: all

  int64_t token_count() const { return static_cast<int64_t>(tokens.size()); }
  int64_t sequences() const { return static_cast<int64_t>(sequence_offsets.size()) - 1; }

  // One sequence without a cache, all logits: what eval, logits and training use.
  static Batch single(std::vector<int32_t> tokens);
  // `count` sequences of equal length without a cache, row-major ids.
  static Batch uniform(std::span<const int32_t> tokens, int64_t count);
};

}  // namespace diptych
