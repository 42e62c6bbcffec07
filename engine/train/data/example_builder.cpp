#include "engine/train/data/example_builder.h"

#include <algorithm>
#include <utility>

#include "engine/core/error.h"
#include "engine/text/fallback_template.h"

namespace diptych::train {
namespace {

// Some templates write today's date. A run that goes on tomorrow must see the same tokens, so it is always this one:
// noon, UTC, of 2024-07-26, the date that Llama 3.1's template writes where it knows none.
constexpr int64_t template_time = 1'721'995'200;

constexpr const char* behind_cut = "it is longer than the sequence, and its answers lie behind the cut";
constexpr const char* nothing_learnt = "it has no token to learn";

TokenSequence rows(const TokenSequence& sequence, int64_t begin, int64_t end) {
  TokenSequence part;
  part.tokens.assign(sequence.tokens.begin() + begin, sequence.tokens.begin() + end);
  part.labels.assign(sequence.labels.begin() + begin, sequence.labels.begin() + end);
  while (!part.labels.empty() && part.labels.back() == no_label) {
    part.tokens.pop_back();
    part.labels.pop_back();
  }
  return part;
}

std::vector<TextSpan> chosen_spans(const RenderedAnswers& rendered, LossOn loss_on) {
  switch (loss_on) {
    case LossOn::answers:
      return rendered.answers;
    case LossOn::last_answer:
      return {rendered.answers.back()};
    case LossOn::after_prompt:
      return {{rendered.answers.front().begin, rendered.text.size()}};
    case LossOn::all:
      return {{0, rendered.text.size()}};
  }
  return {};
}

}  // namespace

ExampleOptions example_options(const Recipe& recipe) {
  return {recipe.sequence, recipe.loss.on, recipe.overlong, recipe.chat_template};
}

ExampleBuilder::ExampleBuilder(std::shared_ptr<const Tokenizer> tokenizer, std::shared_ptr<const ChatTemplate> chat,
                               nlohmann::ordered_json variables, const ExampleOptions& options)
    : tokenizer_(std::move(tokenizer)), chat_(std::move(chat)), variables_(std::move(variables)), options_(options) {
  if (!variables_.is_object()) variables_ = nlohmann::ordered_json::object();
  if (!chat_) chat_ = fallback_template(*tokenizer_).chat;
}

std::string ExampleBuilder::render(std::span<const Message> messages, bool ask) const {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const Message& message : messages) list.push_back({{"role", message.role}, {"content", message.content}});
  TemplateOptions options;
  options.add_generation_prompt = ask;
  options.variables = variables_;
  options.now = template_time;
  return chat_->render(list, options);
}

std::vector<MarkedTokens> ExampleBuilder::conversation(std::span<const Message> messages, LossOn loss_on,
                                                       std::string& why) const {
  const auto answers = [](const Message& message) { return message.role == "assistant"; };
  if (messages.empty() || std::ranges::none_of(messages.subspan(1), answers)) {
    why = "nothing is asked before its answer";
    return {};
  }
  const Render render_first = [&](size_t count, bool ask) { return render(messages.subspan(0, count), ask); };
  std::vector<MarkedTokens> marked;
  const auto mark = [&](const RenderedAnswers& rendered) {
    marked.push_back(marked_tokens(*tokenizer_, rendered.text, chosen_spans(rendered, loss_on), false));
  };
  if (const auto whole = rendered_answers(messages, render_first)) {
    mark(*whole);
    return marked;
  }
  for (size_t i = messages.size(); i-- > 1;) {
    if (!answers(messages[i])) continue;
    const auto rendered = rendered_answer(messages, i, render_first);
    if (!rendered) {
      why = "the model's template does not render the answer of message " + std::to_string(i + 1);
      return {};
    }
    mark(*rendered);
    if (loss_on != LossOn::answers && loss_on != LossOn::after_prompt) break;  // the longest holds all
  }
  std::ranges::reverse(marked);
  return marked;
}

std::vector<MarkedTokens> ExampleBuilder::joined(const std::string& prompt, const std::string& answer,
                                                 LossOn loss_on) const {
  const std::string text = prompt + answer;
  const TextSpan learnt{loss_on == LossOn::all ? 0 : prompt.size(), text.size()};
  return {marked_tokens(*tokenizer_, text, std::span(&learnt, 1), true)};
}

std::vector<MarkedTokens> ExampleBuilder::answered(const TextRecord& record, const std::string& answer, LossOn loss_on,
                                                   std::string& why) const {
  if (options_.chat_template) {
    std::vector<Message> messages = record.messages;
    messages.push_back({"assistant", answer});
    return conversation(messages, loss_on, why);
  }
  std::string prompt;
  for (const Message& message : record.messages) prompt += message.content;
  return joined(prompt, answer, loss_on);
}

std::vector<TokenSequence> ExampleBuilder::fitted(TokenSequence sequence, Overlong overlong,
                                                  BuiltExamples& built) const {
  built.longest = std::max(built.longest, sequence.length());
  if (sequence.length() <= options_.sequence) return {std::move(sequence)};
  std::vector<TokenSequence> parts;
  const int64_t end = overlong == Overlong::split ? sequence.length() : options_.sequence;
  if (overlong == Overlong::drop) {
    built.rejected = "it has " + std::to_string(sequence.length()) + " tokens, more than the sequence";
    return {};
  }
  int64_t kept = 0;
  for (int64_t begin = 0; begin < end; begin += options_.sequence) {
    TokenSequence part = rows(sequence, begin, std::min(end, begin + options_.sequence));
    kept += part.length();
    if (part.length() > 0) parts.push_back(std::move(part));
  }
  built.cut_tokens += sequence.length() - kept;
  if (parts.empty()) built.rejected = behind_cut;
  return parts;
}

BuiltExamples ExampleBuilder::build(const TextRecord& record) const {
  BuiltExamples built;
  try {
    std::vector<MarkedTokens> ways;
    LossOn loss_on = options_.loss_on;
    if (record.shape == RecordShape::preference) {
      loss_on = LossOn::last_answer;
      // Halves of an answer cannot be compared.
      const Overlong one_part = options_.overlong == Overlong::split ? Overlong::truncate : options_.overlong;
      Example pair;
      for (const std::string* answer : {&record.text, &record.rejected}) {
        ways = answered(record, *answer, loss_on, built.rejected);
        if (ways.empty()) return built;
        std::vector<TokenSequence> parts = fitted(labelled(ways.back()), one_part, built);
        if (built.rejected.empty() && parts.front().length() == 0) built.rejected = nothing_learnt;
        if (!built.rejected.empty()) return built;
        pair.sequences.push_back(std::move(parts.front()));
      }
      built.examples.push_back(std::move(pair));
      return built;
    }
    if (record.shape == RecordShape::messages) {
      ways = conversation(record.messages, loss_on, built.rejected);
    } else if (record.shape == RecordShape::completion) {
      ways = answered(record, record.text, loss_on, built.rejected);
    } else {
      ways = joined("", record.text, LossOn::all);
    }
    for (const MarkedTokens& marked : ways) {
      TokenSequence sequence = labelled(marked);
      if (sequence.length() == 0) continue;
      for (TokenSequence& part : fitted(std::move(sequence), options_.overlong, built)) {
        Example& example = built.examples.emplace_back();
        example.sequences.push_back(std::move(part));
      }
    }
  } catch (const Error& error) {
    built.rejected = error.why();
  }
  if (!built.examples.empty()) {
    built.rejected.clear();
  } else if (built.rejected.empty()) {
    built.rejected = nothing_learnt;
  }
  return built;
}

}  // namespace diptych::train
