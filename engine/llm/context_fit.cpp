#include "engine/llm/context_fit.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "engine/core/error.h"

namespace diptych {
namespace {

constexpr size_t remembered_cuts = 64;

bool has_role(const nlohmann::ordered_json& message, const char* role) {
  const auto found = message.find("role");
  return found != message.end() && found->is_string() && *found == role;
}

size_t leading_system_messages(const Messages& messages) {
  size_t n = 0;
  while (n < messages.size() && (has_role(messages[n], "system") || has_role(messages[n], "developer"))) ++n;
  return n;
}

// Where the turns begin: at each message of the user.
std::vector<size_t> turn_starts(const Messages& messages) {
  std::vector<size_t> starts;
  for (size_t i = 0; i < messages.size(); ++i) {
    if (has_role(messages[i], "user")) starts.push_back(i);
  }
  return starts;
}

size_t hash_of(const Messages& messages, size_t count) {
  std::string all;
  for (size_t i = 0; i < count; ++i) all += messages[i].dump(-1, ' ', false, Messages::error_handler_t::replace) + "\n";
  return std::hash<std::string>()(all);
}

int64_t length(const Prompt& prompt) {
  return static_cast<int64_t>(prompt.tokens.size());
}

void append_text(nlohmann::ordered_json& message, const std::string& text, bool in_front) {
  std::string content = message.contains("content") && message["content"].is_string()
                            ? message["content"].get<std::string>()
                            : std::string();
  if (!content.empty()) content = in_front ? text + "\n\n" + content : content + "\n\n" + text;
  message["content"] = content.empty() ? text : content;
}

}  // namespace

int64_t count_turns(const Messages& messages) {
  return static_cast<int64_t>(turn_starts(messages).size());
}

Prompt ContextFit::build_cut(const PromptRequest& request, size_t first_kept, const std::string& summary) const {
  const size_t system = leading_system_messages(request.messages);
  PromptRequest cut = request;
  cut.messages = Messages::array();
  for (size_t i = 0; i < request.messages.size(); ++i) {
    if (i < system || i >= first_kept) cut.messages.push_back(request.messages[i]);
  }
  if (summary.empty()) return parts_.build(cut);
  const std::string note = "Summary of the conversation so far: " + summary;
  PromptRequest with_system = cut;
  if (system > 0) {
    append_text(with_system.messages[system - 1], note, false);
  } else {
    with_system.messages.insert(with_system.messages.begin(),
                                nlohmann::ordered_json{{"role", "system"}, {"content", note}});
  }
  try {
    return parts_.build(with_system);
  } catch (const Error& error) {
    if (error.category() != ErrorCategory::unsupported) throw;
  }
  // Some templates know no system message; the next question then carries the note.
  append_text(cut.messages[system], note, true);
  return parts_.build(cut);
}

const ContextFit::Cut* ContextFit::remembered(const Messages& messages, ContextPolicy policy) const {
  const Cut* best = nullptr;
  for (const Cut& cut : cuts_) {
    if (cut.policy != policy || cut.messages >= messages.size()) continue;
    if (best != nullptr && cut.messages <= best->messages) continue;
    if (hash_of(messages, cut.messages) == cut.prefix_hash) best = &cut;
  }
  return best;
}

FittedPrompt ContextFit::fit(const PromptRequest& request, ContextPolicy policy, int64_t room_tokens) {
  const int64_t room = std::clamp<int64_t>(room_tokens, 1, std::max<int64_t>(1, context_tokens_ / 4));
  FittedPrompt fitted{parts_.build(request), 0};
  if (policy == ContextPolicy::stop) {
    if (length(fitted.prompt) < context_tokens_) return fitted;
    throw Error(ErrorCategory::invalid_argument, "the context is full", "the conversation",
                "it has " + std::to_string(length(fitted.prompt)) + " tokens, the context holds " +
                    std::to_string(context_tokens_),
                "let the oldest turns be dropped or summarised, or load the model with a larger context");
  }
  if (length(fitted.prompt) + room <= context_tokens_) return fitted;

  const std::vector<size_t> starts = turn_starts(request.messages);
  const auto turns_before = [&](size_t message) {
    return std::ranges::count_if(starts, [&](size_t start) { return start < message; });
  };
  size_t first_kept = 0;
  std::string summary;
  if (const Cut* cut = remembered(request.messages, policy)) {
    first_kept = cut->messages;
    summary = cut->summary;
    fitted = {build_cut(request, first_kept, summary), turns_before(first_kept)};
    if (length(fitted.prompt) + room <= context_tokens_) return fitted;
  }
  // The shortest cut that leaves half of the context free, or else the last turn alone. What is left gets shorter with
  // every turn, so it is found by halving: each try renders and tokenizes the conversation.
  const size_t before = first_kept;
  std::vector<size_t> cuts;
  for (const size_t start : starts) {
    if (start > before && start != starts.front()) cuts.push_back(start);
  }
  std::optional<Prompt> best;
  for (size_t low = 0, high = cuts.size(); low < high;) {
    const size_t middle = low + (high - low) / 2;
    Prompt prompt = build_cut(request, cuts[middle], summary);
    const bool fits = length(prompt) <= context_tokens_ / 2;
    if (fits || middle + 1 == cuts.size()) {
      best = std::move(prompt);
      first_kept = cuts[middle];
    }
    if (fits) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  if (best && policy == ContextPolicy::summarise) {
    const size_t from = std::max(before, leading_system_messages(request.messages));
    Messages left_out = Messages::array();
    for (size_t i = from; i < first_kept; ++i) left_out.push_back(request.messages[i]);
    summary = parts_.summarise(summary, left_out);
    best = build_cut(request, first_kept, summary);
  }
  if (best) {
    fitted = {std::move(*best), turns_before(first_kept)};
    cuts_.push_back({hash_of(request.messages, first_kept), first_kept, summary, policy});
    if (cuts_.size() > remembered_cuts) cuts_.erase(cuts_.begin());
  }
  if (length(fitted.prompt) >= context_tokens_) {
    throw Error(ErrorCategory::invalid_argument, "the context is full", "the last turn",
                "alone it has " + std::to_string(length(fitted.prompt)) + " tokens, the context holds " +
                    std::to_string(context_tokens_),
                "shorten it, or load the model with a larger context");
  }
  return fitted;
}

}  // namespace diptych
