#include "engine/llm/thinking.h"

#include <algorithm>
#include <utility>

namespace diptych {
namespace {

constexpr std::string_view open_tag = "<think>", close_tag = "</think>";
constexpr std::string_view blank = " \t\r\n";

// How much of the end of `text` could be the start of `tag`.
size_t held_back(std::string_view text, std::string_view tag) {
  for (size_t n = std::min(text.size(), tag.size() - 1); n > 0; --n) {
    if (text.ends_with(tag.substr(0, n))) return n;
  }
  return 0;
}

}  // namespace

ThinkingText ThinkingSplitter::push(std::string_view text) {
  pending_ += text;
  ThinkingText out;
  const auto emit = [&](std::string& part, std::string piece) {
    if (drop_space_) piece.erase(0, std::min(piece.find_first_not_of(blank), piece.size()));
    if (!piece.empty()) drop_space_ = false;
    part += piece;
  };
  if (state_ == State::before) {
    // Only what stands first is a section; a tag inside an answer is text.
    const size_t first = pending_.find_first_not_of(blank);
    if (first == std::string::npos) return out;
    const std::string_view rest = std::string_view(pending_).substr(first);
    if (rest.starts_with(open_tag)) {
      pending_.erase(0, first + open_tag.size());
      state_ = State::thinking;
    } else if (open_tag.starts_with(rest)) {
      return out;
    } else {
      state_ = State::answer;
      drop_space_ = false;  // an answer's own leading space is the model's
    }
  }
  if (state_ == State::thinking) {
    const size_t end = pending_.find(close_tag);
    if (end == std::string::npos) {
      // Space before the closing tag is held back with it.
      size_t keep = pending_.size() - held_back(pending_, close_tag);
      while (keep > 0 && blank.find(pending_[keep - 1]) != std::string_view::npos) --keep;
      emit(out.thinking, pending_.substr(0, keep));
      pending_.erase(0, keep);
      return out;
    }
    std::string thought = pending_.substr(0, end);
    thought.erase(thought.find_last_not_of(blank) + 1);
    emit(out.thinking, std::move(thought));
    pending_.erase(0, end + close_tag.size());
    state_ = State::answer;
    drop_space_ = true;
  }
  emit(out.text, std::exchange(pending_, {}));
  return out;
}

ThinkingText ThinkingSplitter::finish() {
  ThinkingText out;
  std::string& part = state_ == State::thinking ? out.thinking : out.text;
  part = std::exchange(pending_, {});
  if (state_ == State::thinking) part.erase(part.find_last_not_of(blank) + 1);
  if (state_ == State::before && part.find_first_not_of(blank) == std::string::npos) part.clear();
  return out;
}

bool opens_thinking(std::string_view prompt) {
  const size_t open = prompt.rfind(open_tag);
  if (open == std::string_view::npos) return false;
  return prompt.find_first_not_of(blank, open + open_tag.size()) == std::string_view::npos;
}

}  // namespace diptych
