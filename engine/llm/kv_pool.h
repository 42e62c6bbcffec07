// Who owns which block of a KV cache, and which prefixes are already there.
//
// Blocks that hold the keys of a known prefix stand in a tree: a child's tokens follow its parent's. Full blocks are
// shared between sequences; the last, partly filled one is copied before it is written. What no sequence uses stays
// until its memory is needed, the least recently used first, so that the next turn of any conversation evaluates only
// what is new. A row's keys depend neither on the batch nor on how the prompt was cut, so reuse changes no result.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "engine/model/kv_cache.h"

namespace diptych {

class KvPool;

namespace kv {

struct Node {
  Node* parent = nullptr;
  std::vector<int32_t> tokens;  // 1 to block_tokens; only a full block has children
  int32_t block = -1;
  int users = 0;  // sequences that read it
  uint64_t last_use = 0;
  std::vector<std::unique_ptr<Node>> children;
};

}  // namespace kv

// One sequence's tokens and blocks. Its blocks go back to the pool with it, their keys staying findable.
class PooledSequence {
 public:
  explicit PooledSequence(KvPool& pool);
  ~PooledSequence();
  PooledSequence(const PooledSequence&) = delete;
  PooledSequence& operator=(const PooledSequence&) = delete;

  // Takes over what the pool knows of a prefix of `tokens`, but never all of them: the last one is left to be
  // evaluated for its logits. Only for an empty sequence. Returns length().
  int64_t reuse(std::span<const int32_t> tokens);

  // Makes room for `count` more tokens; false where every block is in use. What was given stays with the sequence.
  bool reserve(int64_t count);
  // After a forward: the keys of `tokens`, which followed, are stored.
  void commit(std::span<const int32_t> tokens);

  const KvSequence& blocks() const { return sequence_; }
  int64_t length() const { return sequence_.length; }

 private:
  void publish_full_block();

  KvPool& pool_;
  KvSequence sequence_;
  kv::Node* last_;             // deepest shared node; the pool's root for a sequence without one
  int64_t shared_blocks_ = 0;  // of sequence_.blocks, the first ones
  std::vector<int32_t> tail_;  // tokens of the block that is being filled
};

// Not thread-safe: used on the device's thread only.
class KvPool {
 public:
  // Memory for `blocks` blocks is taken at once. Error (out_of_memory).
  KvPool(Context& ctx, const KvLayout& layout, int64_t blocks);

  KvCache& cache() { return cache_; }
  int64_t capacity_tokens() const { return cache_.blocks() * cache_.layout().block_tokens; }
  int64_t free_blocks() const;  // never used or reusable; what a new sequence can get
  void forget();                // drops every prefix that no sequence uses

 private:
  friend class PooledSequence;

  int32_t take();  // a block to write to, -1 where all are in use; may evict
  void give_back(int32_t block) { free_.push_back(block); }
  void touch(kv::Node* node) { node->last_use = ++clock_; }
  kv::Node* least_recently_used();
  void add(kv::Node* parent, std::vector<int32_t> tokens, int32_t block, int users);  // last of parent->children
  void remove(kv::Node* node);

  KvCache cache_;
  kv::Node root_;
  std::vector<int32_t> free_;
  uint64_t clock_ = 0;
};

}  // namespace diptych
