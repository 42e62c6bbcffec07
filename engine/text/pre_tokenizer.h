// Cutting normalised text into the pieces that are encoded one by one.
#pragma once

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace diptych {

// Pieces lie in one buffer, so that cutting moves no text; the order of pieces is the order of the text.
struct Pieces {
  struct Span {
    size_t begin, end;
    bool at_start;  // the piece begins where the whole text begins
  };
  std::string text;
  std::vector<Span> spans;

  std::string_view piece(const Span& span) const {
    return std::string_view(text).substr(span.begin, span.end - span.begin);
  }
};

class PreTokenizer {
 public:
  virtual ~PreTokenizer() = default;
  virtual void split(Pieces& pieces) const = 0;
};

// What becomes of a match when text is cut at it.
enum class SplitBehavior { removed, isolated, merged_with_previous, merged_with_next, contiguous };

// Patterns one after the other, each isolating its matches; then bytes become the characters of byte-level BPE.
std::unique_ptr<PreTokenizer> make_pattern_splits(const std::vector<std::string>& patterns, bool byte_level,
                                                  const std::string& path);

// nullptr for null. Error (invalid_file, unsupported) names `path`.
std::unique_ptr<PreTokenizer> parse_pre_tokenizer(const nlohmann::json& value, const std::string& path);

}  // namespace diptych
