// The OpenAI-compatible endpoints: what of a request the host understands.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/api/fields.h"
#include "engine/api/settings.h"

namespace diptych::api {

struct CompletionRequest {
  std::string model;  // id or path; empty: the model that is loaded
  Json messages;      // chat: the list as sent, content parts of kind text joined; null for a plain completion
  std::string prompt;
  Json tools;               // list or null; passed to the model's template
  Json template_variables;  // object "chat_template_kwargs" or null: enable_thinking, …
  Sampling sampling;
  std::map<int32_t, double> logit_bias;
  std::vector<std::string> stop;
  std::optional<int64_t> max_tokens;
  std::vector<TextAdapter> adapters;
  bool stream = false;
  bool include_usage = false;  // stream_options.include_usage
  bool echo = false;           // plain completions: the prompt stands before the answer
  int logprobs = -1;           // -1: none wanted; else how many alternatives, 0 to 20
  int n = 1;                   // only 1 is supported

  bool is_chat() const { return !messages.is_null(); }
};

// FieldError where a field is missing, of the wrong kind or out of range. Sampling defaults to OpenAI's
// (temperature 1, nothing cut off), not to a conversation's. Unknown fields are ignored, as OpenAI clients expect.
CompletionRequest read_chat_request(const Json& body);
CompletionRequest read_completion_request(const Json& body);

}  // namespace diptych::api
