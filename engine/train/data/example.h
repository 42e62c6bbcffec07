// Examples as a language model sees them: tokens, and for each one what it should predict.
#pragma once

#include <cstdint>
#include <vector>

namespace diptych::train {

inline constexpr int32_t no_label = -100;

// labels[t] is the token that follows tokens[t], or no_label where nothing is learnt. Rows behind the last label teach
// nothing and are left out, so the last row has one.
struct TokenSequence {
  std::vector<int32_t> tokens, labels;  // [tokens]
  bool operator==(const TokenSequence&) const = default;

  int64_t length() const { return static_cast<int64_t>(tokens.size()); }
  int64_t label_count() const;
};

struct Example {
  int64_t record = 0;                    // index of the record it comes from
  std::vector<TokenSequence> sequences;  // one; of a preference two: the better answer, the worse one

  int64_t length() const;  // tokens of all sequences
};

}  // namespace diptych::train
