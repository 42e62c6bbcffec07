#include "engine/train/data/labels.h"

#include <algorithm>
#include <numeric>

namespace diptych::train {
namespace {

size_t common_prefix(const std::string& a, const std::string& b) {
  const auto ends =
      std::mismatch(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(std::min(a.size(), b.size())), b.begin());
  auto length = static_cast<size_t>(ends.first - a.begin());
  while (length > 0 && length < b.size() && (static_cast<unsigned char>(b[length]) & 0xC0) == 0x80)
    --length;  // whole characters
  return length;
}

std::string trimmed(const std::string& text) {
  const size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") + 1 - first);
}

bool holds_answer(const std::string& text, TextSpan span, const std::string& answer) {
  const std::string wanted = trimmed(answer);
  const size_t at = text.find(wanted, span.begin);
  return at != std::string::npos && at + wanted.size() <= span.end;
}

// What each longer text adds to the tokens of the shorter one. Where a token would reach over the border, the part is
// cut alone, as it is when the model goes on from there.
class GrowingTokens {
 public:
  GrowingTokens(const Tokenizer& tokenizer, const std::string& text, bool add_special)
      : tokenizer_(tokenizer), text_(text), add_special_(add_special) {}

  std::vector<int32_t> up_to(size_t end) {
    std::vector<int32_t> tokens = tokenizer_.encode(text_.substr(0, end), {add_special_, true});
    // The end token that some tokenizers put behind every text is put there once, by marked_tokens().
    while (add_special_ && tokens.size() > 1 && tokenizer_.is_end_of_generation(tokens.back())) tokens.pop_back();
    std::vector<int32_t> added;
    if (std::ranges::equal(before_, std::span(tokens).subspan(0, std::min(before_.size(), tokens.size())))) {
      added.assign(tokens.begin() + static_cast<std::ptrdiff_t>(before_.size()), tokens.end());
    } else {
      added = tokenizer_.encode(text_.substr(at_, end - at_), {false, true});
    }
    before_ = std::move(tokens);
    at_ = end;
    return added;
  }

 private:
  const Tokenizer& tokenizer_;
  const std::string& text_;
  bool add_special_;
  size_t at_ = 0;
  std::vector<int32_t> before_;
};

}  // namespace

int64_t TokenSequence::label_count() const {
  return std::ranges::count_if(labels, [](int32_t label) { return label != no_label; });
}

int64_t Example::length() const {
  return std::accumulate(sequences.begin(), sequences.end(), int64_t{0},
                         [](int64_t sum, const TokenSequence& sequence) { return sum + sequence.length(); });
}

std::optional<RenderedAnswers> rendered_answers(std::span<const Message> messages, const Render& render) {
  RenderedAnswers result;
  result.text = render(messages.size(), false);
  for (size_t i = 1; i < messages.size(); ++i) {
    if (messages[i].role != "assistant") continue;
    const std::string before = render(i, true);
    const bool last = i + 1 == messages.size();
    const std::string through = last ? result.text : render(i + 1, false);
    const TextSpan span{before.size(), through.size()};
    if (!through.starts_with(before) || !result.text.starts_with(through)) return std::nullopt;
    if (!holds_answer(result.text, span, messages[i].content)) return std::nullopt;
    result.answers.push_back(span);
  }
  return result;
}

std::optional<RenderedAnswers> rendered_answer(std::span<const Message> messages, size_t index, const Render& render) {
  RenderedAnswers result;
  result.text = render(index + 1, false);
  // A prompt may open what this template's answers do not go on with (<think>): they part where the texts do.
  const TextSpan span{common_prefix(render(index, true), result.text), result.text.size()};
  if (!holds_answer(result.text, span, messages[index].content)) return std::nullopt;
  result.answers.push_back(span);
  return result;
}

MarkedTokens marked_tokens(const Tokenizer& tokenizer, const std::string& text, std::span<const TextSpan> learnt,
                           bool add_special) {
  MarkedTokens marked;
  GrowingTokens growing(tokenizer, text, add_special);
  const auto append = [&](size_t end, bool learn) {
    const std::vector<int32_t> added = growing.up_to(end);
    marked.tokens.insert(marked.tokens.end(), added.begin(), added.end());
    marked.learnt.resize(marked.tokens.size(), learn);
  };
  bool ended = true;
  for (const TextSpan& span : learnt) {
    append(span.begin, false);
    const size_t first = marked.tokens.size();
    append(span.end, true);
    size_t end = marked.tokens.size();
    while (end > first && !tokenizer.is_end_of_generation(marked.tokens[end - 1])) --end;
    const auto behind = std::span(marked.tokens).subspan(end);
    ended = end > first && trimmed(tokenizer.decode(behind)).empty();
    if (ended) std::fill(marked.learnt.begin() + static_cast<std::ptrdiff_t>(end), marked.learnt.end(), false);
  }
  append(text.size(), false);
  if (!ended && learnt.back().end == text.size() && tokenizer.eos()) {
    marked.tokens.push_back(*tokenizer.eos());
    marked.learnt.push_back(true);
  }
  return marked;
}

TokenSequence labelled(const MarkedTokens& marked) {
  TokenSequence sequence;
  size_t rows = marked.tokens.size();
  while (rows > 1 && !marked.learnt[rows - 1]) --rows;
  if (rows < 2) return sequence;
  sequence.tokens.assign(marked.tokens.begin(), marked.tokens.begin() + static_cast<std::ptrdiff_t>(rows - 1));
  for (size_t t = 0; t + 1 < rows; ++t)
    sequence.labels.push_back(marked.learnt[t + 1] ? marked.tokens[t + 1] : no_label);
  return sequence;
}

}  // namespace diptych::train
