#include "engine/diffusion/prompt/prompt_emphasis.h"

#include <algorithm>
#include <optional>

#include "engine/diffusion/prompt/prompt_text.h"

namespace diptych::diffusion {
namespace {

constexpr double round_bracket_factor = 1.1;
constexpr double square_bracket_factor = 1 / 1.1;
constexpr double largest_weight = 1e9;  // products stay finite whatever is written

class EmphasisParser {
 public:
  explicit EmphasisParser(std::string_view text) : text_(text) {}

  std::vector<PromptPiece> parse() {
    while (at_ < text_.size()) step();
    for (const size_t first : round_) weigh_from(first, round_bracket_factor);
    for (const size_t first : square_) weigh_from(first, square_bracket_factor);
    return merged();
  }

 private:
  void step() {
    const char c = text_[at_];
    if (c == '\\') {
      ++at_;
      const bool escapes = at_ < text_.size() && std::string_view("()[]\\").find(text_[at_]) != std::string_view::npos;
      pieces_.push_back({std::string(text_.substr(at_, escapes ? 1 : 0))});
      at_ += escapes ? 1 : 0;
    } else if (c == '(' || c == '[') {
      (c == '(' ? round_ : square_).push_back(pieces_.size());
      ++at_;
    } else if (c == ')' && !round_.empty()) {
      close(round_, round_bracket_factor);
      ++at_;
    } else if (c == ']' && !square_.empty()) {
      close(square_, square_bracket_factor);
      ++at_;
    } else if (c == ':' && close_with_number()) {
      return;
    } else {
      const size_t end = std::min(text_.find_first_of("\\()[]:", at_ + 1), text_.size());
      const bool single = c == ')' || c == ']' || c == ':';
      add_text(text_.substr(at_, single ? 1 : end - at_));
      at_ = single ? at_ + 1 : end;
    }
  }

  // ": 1.3)" where a round bracket is open.
  bool close_with_number() {
    if (round_.empty()) return false;
    const size_t end = text_.find_first_of("()[]\\:", at_ + 1);
    if (end == text_.npos || text_[end] != ')') return false;
    const auto factor = read_decimal(trim_left(trim_right(text_.substr(at_ + 1, end - at_ - 1))));
    if (!factor) return false;
    close(round_, *factor);
    at_ = end + 1;
    return true;
  }

  void add_text(std::string_view text) {
    for (size_t at = find_word(text, "BREAK", 0); at != text.npos; at = find_word(text, "BREAK", 0)) {
      pieces_.push_back({std::string(trim_right(text.substr(0, at)))});
      pieces_.push_back({.text = "", .weight = 1, .is_break = true});
      text = trim_left(text.substr(at + 5));
    }
    pieces_.push_back({std::string(text)});
  }

  void close(std::vector<size_t>& open, double factor) {
    weigh_from(open.back(), factor);
    open.pop_back();
  }

  void weigh_from(size_t first, double factor) {
    for (size_t i = first; i < pieces_.size(); ++i)
      if (!pieces_[i].is_break)
        pieces_[i].weight = std::clamp(pieces_[i].weight * factor, -largest_weight, largest_weight);
  }

  std::vector<PromptPiece> merged() {
    std::vector<PromptPiece> result;
    for (PromptPiece& piece : pieces_) {
      const bool joins =
          !result.empty() && !piece.is_break && !result.back().is_break && result.back().weight == piece.weight;
      if (joins)
        result.back().text += piece.text;
      else
        result.push_back(std::move(piece));
    }
    if (result.empty()) result.push_back({});
    return result;
  }

  std::string_view text_;
  size_t at_ = 0;
  std::vector<PromptPiece> pieces_;
  std::vector<size_t> round_, square_;  // first piece of each open bracket
};

}  // namespace

std::vector<PromptPiece> parse_emphasis(std::string_view text) {
  return EmphasisParser(text).parse();
}

std::string plain_text(const std::vector<PromptPiece>& pieces) {
  std::string text;
  for (const PromptPiece& piece : pieces) text += piece.is_break ? " " : piece.text;
  return text;
}

}  // namespace diptych::diffusion
