#include "engine/text/score_bpe_model.h"

#include <algorithm>

#include "engine/text/merge_heap.h"
#include "engine/text/unicode.h"

namespace diptych {
namespace {

// A span of the piece; the ids of its bytes are looked up only in the end.
struct Symbol {
  size_t begin, end;
  int32_t id;
};

}  // namespace

ScoreBpeModel::ScoreBpeModel(const Vocabulary& vocabulary, std::vector<float> scores, std::vector<bool> mergeable,
                             int32_t unk)
    : vocabulary_(vocabulary),
      scores_(std::move(scores)),
      mergeable_(std::move(mergeable)),
      unk_(unk),
      bytes_(vocabulary) {
  for (int32_t id = 0; id < vocabulary_.size(); ++id) {
    if (mergeable_[id]) longest_ = std::max(longest_, vocabulary_.text(id).size());
  }
}

int32_t ScoreBpeModel::find(std::string_view text) const {
  if (text.size() > longest_) return -1;
  const auto id = vocabulary_.find(text);
  return id && mergeable_[*id] ? *id : -1;
}

void ScoreBpeModel::encode(std::string_view piece, std::vector<int32_t>& out) const {
  static thread_local MergeList<Symbol, float> list;
  list.clear();
  for (size_t at = 0; at < piece.size();) {
    const size_t bytes = utf8_step(piece, at).bytes;
    list.push({at, at + bytes, find(piece.substr(at, bytes))});
    at += bytes;
  }
  list.merge_all([&](const Symbol& left, const Symbol& right, float& rank, Symbol& merged) {
    const int32_t id = find(piece.substr(left.begin, right.end - left.begin));
    if (id < 0) return false;
    rank = -scores_[id];
    merged = {left.begin, right.end, id};
    return true;
  });
  bool after_unknown = false;
  list.for_each([&](const Symbol& symbol) {
    const std::string_view text = piece.substr(symbol.begin, symbol.end - symbol.begin);
    const bool bytes = symbol.id < 0 && bytes_.cover(text);
    if (symbol.id >= 0) {
      out.push_back(symbol.id);
    } else if (bytes) {
      for (const char c : text) out.push_back(bytes_[c]);
    } else if (unk_ >= 0 && !after_unknown) {
      out.push_back(unk_);  // one for a run of unknown characters, as SentencePiece does
    }
    after_unknown = symbol.id < 0 && !bytes;
  });
}

}  // namespace diptych
