#include "engine/llm/kv_pool.h"

#include <algorithm>
#include <cassert>
#include <functional>

namespace diptych {
namespace {

using kv::Node;

size_t common_prefix(std::span<const int32_t> a, std::span<const int32_t> b) {
  const size_t n = std::min(a.size(), b.size());
  return static_cast<size_t>(std::mismatch(a.begin(), a.begin() + static_cast<ptrdiff_t>(n), b.begin()).first -
                             a.begin());
}

// Unfinished blocks that say less than `tokens` does.
void collect_prefixes(Node& parent, std::span<const int32_t> tokens, std::vector<Node*>& found) {
  for (const auto& child : parent.children) {
    if (child->users == 0 && child->tokens.size() < tokens.size() &&
        common_prefix(child->tokens, tokens) == child->tokens.size())
      found.push_back(child.get());
  }
}

void visit(Node& node, const std::function<void(Node&)>& f) {
  for (const auto& child : node.children) {
    f(*child);
    visit(*child, f);
  }
}

}  // namespace

KvPool::KvPool(Context& ctx, const KvLayout& layout, int64_t blocks) : cache_(ctx, layout, blocks) {
  for (int64_t block = blocks - 1; block >= 0; --block) free_.push_back(static_cast<int32_t>(block));
}

int64_t KvPool::free_blocks() const {
  int64_t count = static_cast<int64_t>(free_.size());
  visit(const_cast<Node&>(root_), [&](Node& node) { count += node.users == 0; });
  return count;
}

void KvPool::forget() {
  while (Node* node = least_recently_used()) remove(node);
}

// Among the leaves that nobody reads: a parent is used at least as recently as its children's sequences were.
Node* KvPool::least_recently_used() {
  Node* oldest = nullptr;
  visit(root_, [&](Node& node) {
    if (node.users == 0 && node.children.empty() && (oldest == nullptr || node.last_use < oldest->last_use))
      oldest = &node;
  });
  return oldest;
}

void KvPool::remove(Node* node) {
  assert(node->users == 0 && node->children.empty());
  give_back(node->block);
  std::erase_if(node->parent->children, [&](const auto& child) { return child.get() == node; });
}

void KvPool::add(Node* parent, std::vector<int32_t> tokens, int32_t block, int users) {
  std::vector<Node*> lesser;
  collect_prefixes(*parent, tokens, lesser);
  for (Node* node : lesser) remove(node);
  auto node = std::make_unique<Node>();
  node->parent = parent;
  node->tokens = std::move(tokens);
  node->block = block;
  node->users = users;
  touch(node.get());
  parent->children.push_back(std::move(node));
}

int32_t KvPool::take() {
  if (free_.empty()) {
    if (Node* node = least_recently_used()) remove(node);
  }
  if (free_.empty()) return -1;
  const int32_t block = free_.back();
  free_.pop_back();
  return block;
}

PooledSequence::PooledSequence(KvPool& pool) : pool_(pool), last_(&pool.root_) {}

PooledSequence::~PooledSequence() {
  Node* node = last_;
  // The unfinished block stays findable under its parent, unless a block there says as much.
  const auto own = static_cast<size_t>(shared_blocks_);
  bool kept = false;
  if (!tail_.empty()) {
    const bool known = std::ranges::any_of(
        node->children, [&](const auto& child) { return common_prefix(child->tokens, tail_) == tail_.size(); });
    if (!known) {
      pool_.add(node, tail_, sequence_.blocks[own], 0);
      kept = true;
    }
  }
  for (size_t i = own + (kept ? 1 : 0); i < sequence_.blocks.size(); ++i) pool_.give_back(sequence_.blocks[i]);
  for (; node != &pool_.root_; node = node->parent) {
    pool_.touch(node);
    --node->users;
  }
}

int64_t PooledSequence::reuse(std::span<const int32_t> tokens) {
  assert(sequence_.length == 0 && sequence_.blocks.empty());
  if (tokens.empty()) return 0;
  std::span<const int32_t> rest = tokens.first(tokens.size() - 1);
  const auto block_tokens = static_cast<size_t>(pool_.cache_.layout().block_tokens);
  Node* partly = nullptr;
  size_t partly_tokens = 0;
  while (!rest.empty()) {
    Node* whole = nullptr;
    partly = nullptr;
    partly_tokens = 0;
    for (const auto& child : last_->children) {
      const size_t common = common_prefix(child->tokens, rest);
      if (common == block_tokens) whole = child.get();
      if (common > partly_tokens) {
        partly = child.get();
        partly_tokens = common;
      }
    }
    if (whole == nullptr) break;
    ++whole->users;
    pool_.touch(whole);
    sequence_.blocks.push_back(whole->block);
    ++shared_blocks_;
    sequence_.length += static_cast<int64_t>(block_tokens);
    last_ = whole;
    rest = rest.subspan(block_tokens);
    partly = nullptr;
  }
  if (partly != nullptr) {
    ++partly->users;  // not evicted by the search for a block to copy it to
    const int32_t block = pool_.take();
    --partly->users;
    pool_.touch(partly);
    if (block >= 0) {
      pool_.cache_.copy_block(partly->block, block);
      sequence_.blocks.push_back(block);
      tail_.assign(rest.begin(), rest.begin() + static_cast<ptrdiff_t>(partly_tokens));
      sequence_.length += static_cast<int64_t>(partly_tokens);
    }
  }
  return sequence_.length;
}

bool PooledSequence::reserve(int64_t count) {
  const int64_t block_tokens = pool_.cache_.layout().block_tokens;
  while (static_cast<int64_t>(sequence_.blocks.size()) * block_tokens < sequence_.length + count) {
    const int32_t block = pool_.take();
    if (block < 0) return false;
    sequence_.blocks.push_back(block);
  }
  return true;
}

void PooledSequence::commit(std::span<const int32_t> tokens) {
  const auto block_tokens = static_cast<size_t>(pool_.cache_.layout().block_tokens);
  assert(sequence_.blocks.size() * block_tokens >= static_cast<size_t>(sequence_.length) + tokens.size());
  for (const int32_t token : tokens) {
    tail_.push_back(token);
    ++sequence_.length;
    if (tail_.size() == block_tokens) publish_full_block();
  }
}

// Another sequence may have stored the same tokens meanwhile: then its block is shared and ours is free again.
void PooledSequence::publish_full_block() {
  const auto own = static_cast<size_t>(shared_blocks_);
  Node* node = nullptr;
  for (const auto& child : last_->children) {
    if (child->tokens == tail_) node = child.get();
  }
  if (node != nullptr) {
    pool_.give_back(sequence_.blocks[own]);
    sequence_.blocks[own] = node->block;
    ++node->users;
    pool_.touch(node);
  } else {
    pool_.add(last_, tail_, sequence_.blocks[own], 1);
    node = last_->children.back().get();
  }
  last_ = node;
  ++shared_blocks_;
  tail_.clear();
}

}  // namespace diptych
