// What to leave out when a conversation outgrows the context. Never silently: the caller chose a policy and is told how
// many turns were left out.
//
// A cut goes down to half of the context and is remembered, so that the turns after it find their prefix in the cache
// instead of being cut anew, one turn further, each time.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "engine/llm/prompt.h"

namespace diptych {

enum class ContextPolicy { stop, drop_oldest, summarise };

struct FittedPrompt {
  Prompt prompt;
  int64_t dropped_turns = 0;  // left out, or told in a summary
};

// Turns of a conversation: each begins at a message of the user.
int64_t count_turns(const Messages& messages);

class ContextFit {
 public:
  struct Parts {
    std::function<Prompt(const PromptRequest&)> build;
    // A summary of these messages, on top of an earlier one (empty: none).
    std::function<std::string(const std::string& earlier, const Messages& messages)> summarise;
  };
  ContextFit(Parts parts, int64_t context_tokens) : parts_(std::move(parts)), context_tokens_(context_tokens) {}

  // `room_tokens`: what the answer should at least find. Error (invalid_argument) where the policy is stop and the
  // prompt does not fit, or where the last turn alone does not.
  FittedPrompt fit(const PromptRequest& request, ContextPolicy policy, int64_t room_tokens);

 private:
  struct Cut {
    size_t prefix_hash = 0;  // of the messages that are left out
    size_t messages = 0;
    std::string summary;
    ContextPolicy policy = ContextPolicy::drop_oldest;
  };

  Prompt build_cut(const PromptRequest& request, size_t first_kept, const std::string& summary) const;
  const Cut* remembered(const Messages& messages, ContextPolicy policy) const;

  Parts parts_;
  int64_t context_tokens_;
  std::vector<Cut> cuts_;  // the newest last; few are kept
};

}  // namespace diptych
