// Byte-pair merging shared by the two BPE models: best pair first, the leftmost of equals, O(n log n).
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

namespace diptych {

// Merges until no pair of neighbours is left that `find` knows.
//   Symbol: the caller's type. find(left, right) -> optional-like Merge{float or integer rank, Symbol result};
//   a smaller rank is merged first. join(left, right, result) -> Symbol.
template <typename Symbol, typename Rank>
class MergeList {
 public:
  struct Node {
    Symbol symbol;
    int32_t previous, next;
    uint32_t version;  // grows when the node changes; a candidate that saw an older one is stale
    bool alive;
  };

  void clear() { nodes_.clear(); }
  void push(const Symbol& symbol) {
    const auto index = static_cast<int32_t>(nodes_.size());
    if (index > 0) nodes_[index - 1].next = index;
    nodes_.push_back({symbol, index - 1, -1, 0, true});
  }

  // find: bool(const Symbol& left, const Symbol& right, Rank& rank, Symbol& merged)
  template <typename Find>
  void merge_all(const Find& find) {
    heap_.clear();
    for (int32_t i = 0; i + 1 < static_cast<int32_t>(nodes_.size()); ++i) consider(i, find);
    while (!heap_.empty()) {
      std::pop_heap(heap_.begin(), heap_.end(), later);
      const Candidate best = heap_.back();
      heap_.pop_back();
      Node& left = nodes_[best.left];
      if (!left.alive || left.version != best.left_version || left.next < 0) continue;
      Node& right = nodes_[left.next];
      if (right.version != best.right_version) continue;
      left.symbol = best.merged;
      ++left.version;
      right.alive = false;
      ++right.version;
      left.next = right.next;
      if (right.next >= 0) nodes_[right.next].previous = best.left;
      if (left.previous >= 0) consider(left.previous, find);
      if (left.next >= 0) consider(best.left, find);
    }
  }

  template <typename Visit>
  void for_each(const Visit& visit) const {
    for (int32_t i = nodes_.empty() ? -1 : 0; i >= 0; i = nodes_[i].next) visit(nodes_[i].symbol);
  }

 private:
  struct Candidate {
    Rank rank;
    int32_t left;
    uint32_t left_version, right_version;
    Symbol merged;
  };
  static bool later(const Candidate& a, const Candidate& b) {
    return a.rank != b.rank ? a.rank > b.rank : a.left > b.left;
  }

  template <typename Find>
  void consider(int32_t left, const Find& find) {
    const Node& a = nodes_[left];
    const Node& b = nodes_[a.next];
    Candidate candidate{{}, left, a.version, b.version, {}};
    if (!find(a.symbol, b.symbol, candidate.rank, candidate.merged)) return;
    heap_.push_back(candidate);
    std::push_heap(heap_.begin(), heap_.end(), later);
  }

  std::vector<Node> nodes_;
  std::vector<Candidate> heap_;
};

}  // namespace diptych
