#include "engine/text/unigram_model.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "engine/text/unicode.h"

namespace diptych {
namespace {

constexpr double unknown_penalty = 10;  // below the least likely token
constexpr size_t max_token_bytes = 512;

// The best way to the end of a prefix: its last token and where that begins.
struct Step {
  double score = -std::numeric_limits<double>::infinity();
  size_t begin = 0;
  int32_t id = -1;  // -1: an unknown character
  bool reached = false;
};

}  // namespace

UnigramModel::UnigramModel(const Vocabulary& vocabulary, std::vector<double> scores, UnigramOptions options)
    : vocabulary_(vocabulary), scores_(std::move(scores)), options_(options), bytes_(vocabulary) {
  double least = std::numeric_limits<double>::infinity();
  std::vector<int32_t> sorted;
  for (int32_t id = 0; id < vocabulary_.size(); ++id) {
    const double score = scores_[static_cast<size_t>(id)];
    if (std::isnan(score)) continue;
    least = std::min(least, score);
    const std::string_view text = vocabulary_.text(id);
    // Of two tokens with the same text the last one counts, as in a map that is filled in order.
    if (!text.empty() && text.size() <= max_token_bytes) sorted.push_back(id);
  }
  unknown_score_ = std::isinf(least) ? -unknown_penalty : least - unknown_penalty;
  std::ranges::stable_sort(sorted, {}, [&](int32_t id) { return vocabulary_.text(id); });
  nodes_.emplace_back();
  grow(0, 0, 0, sorted.size(), sorted);
}

// sorted[begin, end) share their first `depth` bytes, which lead to `node`.
void UnigramModel::grow(size_t node, size_t depth, size_t begin, size_t end, const std::vector<int32_t>& sorted) {
  const auto text = [&](size_t i) { return vocabulary_.text(sorted[i]); };
  for (; begin < end && text(begin).size() == depth; ++begin) nodes_[node].id = sorted[begin];
  std::vector<size_t> starts;
  for (size_t i = begin; i < end; ++i) {
    if (i == begin || text(i)[depth] != text(i - 1)[depth]) starts.push_back(i);
  }
  const size_t first = nodes_.size();
  nodes_[node].first_child = static_cast<int32_t>(first);
  nodes_[node].children = static_cast<uint16_t>(starts.size());
  nodes_.resize(first + starts.size());
  starts.push_back(end);
  for (size_t i = 0; i + 1 < starts.size(); ++i) {
    nodes_[first + i].byte = static_cast<unsigned char>(text(starts[i])[depth]);
    grow(first + i, depth + 1, starts[i], starts[i + 1], sorted);
  }
}

const UnigramModel::Node* UnigramModel::child(const Node& node, unsigned char byte) const {
  const auto first = nodes_.begin() + node.first_child, last = first + node.children;
  const auto found = std::lower_bound(first, last, byte, [](const Node& a, unsigned char b) { return a.byte < b; });
  return found != last && found->byte == byte ? &*found : nullptr;
}

void UnigramModel::append_unknown(std::string_view text, std::vector<int32_t>& out) const {
  if (options_.byte_fallback && bytes_.cover(text)) {
    for (const char c : text) out.push_back(bytes_[c]);
  } else if (options_.unk) {
    out.push_back(*options_.unk);
  }
}

void UnigramModel::encode(std::string_view piece, std::vector<int32_t>& out) const {
  std::vector<Step> best(piece.size() + 1);
  best[0] = {0, 0, -1, true};
  const auto offer = [&](size_t begin, size_t end, int32_t id, double score) {
    const double total = best[begin].score + score;
    if (!best[end].reached || total > best[end].score) best[end] = {total, begin, id, true};
  };
  for (size_t begin = 0; begin < piece.size();) {
    const size_t character = begin + utf8_step(piece, begin).bytes;
    bool covered = false;  // some token is exactly this character
    const Node* node = &nodes_[0];
    for (size_t at = begin; at < piece.size(); ++at) {
      node = child(*node, static_cast<unsigned char>(piece[at]));
      if (node == nullptr) break;
      if (node->id < 0) continue;
      offer(begin, at + 1, node->id, scores_[static_cast<size_t>(node->id)]);
      covered = covered || at + 1 == character;
    }
    if (!covered) offer(begin, character, -1, unknown_score_);
    begin = character;
  }
  std::vector<std::pair<size_t, size_t>> path;  // begin and end of each token, last first
  for (size_t end = piece.size(); end > 0; end = best[end].begin) path.emplace_back(best[end].begin, end);
  for (size_t i = path.size(); i > 0;) {
    const auto [begin, end] = path[--i];
    if (best[end].id >= 0) {
      out.push_back(best[end].id);
      continue;
    }
    size_t last = end;  // neighbours that are unknown are one
    while (i > 0 && best[path[i - 1].second].id < 0) last = path[--i].second;
    append_unknown(piece.substr(begin, last - begin), out);
  }
}

}  // namespace diptych
