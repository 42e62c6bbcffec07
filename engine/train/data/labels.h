// Which tokens of a rendered conversation are the assistant's.
//
// No template says where its answers stand. They are found by rendering the conversation up to each answer, with and
// without it: what the second text has more is the answer and what ends its turn.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/text/tokenizer.h"
#include "engine/train/data/example.h"
#include "engine/train/data/text_record.h"

namespace diptych::train {

struct TextSpan {
  size_t begin = 0, end = 0;  // bytes
  bool operator==(const TextSpan&) const = default;
};

// Renders the first `count` messages; with `ask`, up to where the assistant's next answer begins.
using Render = std::function<std::string(size_t count, bool ask)>;

struct RenderedAnswers {
  std::string text;
  std::vector<TextSpan> answers;
};

// The whole conversation with all its answers; a first message answers nothing and is none. Nothing where the template
// writes earlier turns otherwise once others follow (it drops their thoughts, say): then each answer is an example of
// its own, by rendered_answer().
std::optional<RenderedAnswers> rendered_answers(std::span<const Message> messages, const Render& render);

// The conversation up to the answer `index`, which alone is marked. Nothing where the template does not render it.
std::optional<RenderedAnswers> rendered_answer(std::span<const Message> messages, size_t index, const Render& render);

// Tokens of a text, those of `learnt` marked. The text before each span is cut as it will be when the model is asked.
// What a turn has behind its end token is not learnt; where the last span has no end token, one is put behind the text.
struct MarkedTokens {
  std::vector<int32_t> tokens;
  std::vector<bool> learnt;
};
MarkedTokens marked_tokens(const Tokenizer& tokenizer, const std::string& text, std::span<const TextSpan> learnt,
                           bool add_special);

// Next-token labels, rows behind the last one left out. Empty where nothing is learnt.
TokenSequence labelled(const MarkedTokens& marked);

}  // namespace diptych::train
