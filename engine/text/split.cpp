#include "engine/text/split.h"

#include <algorithm>

namespace diptych {

void apply_behavior(std::vector<SplitPart>& parts, SplitBehavior behavior) {
  std::vector<SplitPart> out;
  out.reserve(parts.size());
  switch (behavior) {
    case SplitBehavior::isolated:
      return;
    case SplitBehavior::removed:
      std::erase_if(parts, [](const SplitPart& part) { return part.match; });
      return;
    case SplitBehavior::contiguous:
      for (const SplitPart& part : parts) {
        if (!out.empty() && out.back().match == part.match) {
          out.back().end = part.end;
        } else {
          out.push_back(part);
        }
      }
      break;
    case SplitBehavior::merged_with_previous: {
      bool after_match = false;
      for (const SplitPart& part : parts) {
        if (part.match && !after_match && !out.empty()) {
          out.back().end = part.end;
        } else {
          out.push_back(part);
        }
        after_match = part.match;
      }
      break;
    }
    case SplitBehavior::merged_with_next: {
      bool after_match = false;
      for (auto part = parts.rbegin(); part != parts.rend(); ++part) {
        if (part->match && !after_match && !out.empty()) {
          out.back().begin = part->begin;
        } else {
          out.push_back(*part);
        }
        after_match = part->match;
      }
      std::reverse(out.begin(), out.end());
      break;
    }
  }
  parts = std::move(out);
}

}  // namespace diptych
