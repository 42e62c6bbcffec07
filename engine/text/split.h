// Cutting at matches: the five behaviours of Hugging Face's splits.
#pragma once

#include <vector>

#include "engine/text/pre_tokenizer.h"

namespace diptych {

struct SplitPart {
  size_t begin, end;
  bool match;
};

// `matches` in order, without overlap, inside [0, size). Parts of the whole, then joined as `behavior` says; with
// `invert`, matches and gaps change places.
template <typename ForEachMatch>
void collect_parts(size_t size, const ForEachMatch& for_each, bool invert, std::vector<SplitPart>& parts) {
  parts.clear();
  size_t done = 0;
  for_each([&](size_t begin, size_t end) {
    if (begin > done) parts.push_back({done, begin, invert});
    parts.push_back({begin, end, !invert});
    done = end;
  });
  if (done < size) parts.push_back({done, size, invert});
}

void apply_behavior(std::vector<SplitPart>& parts, SplitBehavior behavior);

// Replaces each span of `pieces` by the parts of it that `cut(text, parts)` finds; empty parts vanish.
template <typename Cut>
void cut_spans(Pieces& pieces, const Cut& cut) {
  std::vector<Pieces::Span> out;
  out.reserve(pieces.spans.size());
  std::vector<SplitPart> parts;
  for (const Pieces::Span& span : pieces.spans) {
    cut(pieces.piece(span), parts);
    for (const SplitPart& part : parts) {
      if (part.begin == part.end) continue;
      out.push_back({span.begin + part.begin, span.begin + part.end, span.at_start && part.begin == 0});
    }
  }
  pieces.spans = std::move(out);
}

// Replaces the text of each span by what `rewrite(out, text, at_start)` appends.
template <typename Rewrite>
void rewrite_spans(Pieces& pieces, const Rewrite& rewrite) {
  std::string out;
  out.reserve(pieces.text.size() + pieces.text.size() / 4);
  for (Pieces::Span& span : pieces.spans) {
    const size_t begin = out.size();
    rewrite(out, pieces.piece(span), span.at_start);
    span.begin = begin;
    span.end = out.size();
  }
  pieces.text = std::move(out);
}

}  // namespace diptych
