// What the host asks of a language model: one interface over the engine's loading, templates and generator, so that the
// host's own behaviour can be tested without weights.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/api/fields.h"
#include "engine/api/settings.h"
#include "engine/core/arena.h"
#include "engine/core/cancel.h"
#include "engine/core/cost.h"

namespace diptych::host {

struct AdapterPath {
  std::filesystem::path path;
  double scale = 1;
};

struct GenerateRequest {
  api::Json messages;  // chat: [{"role", "content", …}]; null: `prompt` as it stands
  std::string prompt;
  bool continue_last = false;    // the last message is an assistant's that is to be gone on with
  api::Json tools;               // list or null
  api::Json template_variables;  // object or null
  api::Sampling sampling;
  std::map<int32_t, double> logit_bias;
  std::vector<std::string> stop;
  int64_t max_tokens = 0;  // 0: as many as fit
  api::ContextPolicy context_policy = api::ContextPolicy::stop;
  std::vector<AdapterPath> adapters;  // that the model has for this answer
  int logprobs = -1;                  // alternatives per token; -1: none wanted
  CancelToken cancel;
};

struct TokenLogprob {
  std::string token;  // its bytes
  double logprob = 0;
};
struct TokenScores {
  TokenLogprob chosen;
  std::vector<TokenLogprob> top;
};

// What one step added. Text is whole characters; thinking is what the model wrote before its answer.
struct Piece {
  std::string text, thinking;
  int64_t tokens = 0;  // generated so far
  Cost cost;           // of this generation so far, the prompt included
  std::vector<TokenScores> scores;
};

struct GenerateResult {
  std::string finish_reason;  // "stop", "length", "context"
  int64_t prompt_tokens = 0, cached_tokens = 0, completion_tokens = 0;
  double prefill_s = 0, decode_s = 0;  // computing time, without waiting
  double thinking_ms = 0;
  Cost decode_cost;
  int64_t seed = 0;           // that was used
  int64_t dropped_turns = 0;  // left out or summarised to fit the context
};

class TextModel {
 public:
  virtual ~TextModel() = default;

  // On the device's thread. Error: cancelled, unsupported (the template refuses), invalid_argument (prompt too long) …
  virtual GenerateResult generate(const GenerateRequest& request,
                                  const std::function<void(const Piece&)>& on_piece) = 0;

  virtual int64_t count_tokens(const std::string& text) const = 0;  // any thread
  virtual MemoryUse memory() const = 0;                             // any thread
  virtual int64_t context_tokens() const = 0;
  // A short title for a conversation that begins like this. On the device's thread.
  virtual std::string title(const std::string& question, const std::string& answer, const CancelToken& cancel) = 0;
};

struct TextDescription {
  std::string name, architecture, quantization;
  int64_t size_bytes = 0, parameters = 0, context_length = 0;
};

struct LoadSettings {
  int64_t context_tokens = 0;  // never 0 where a model is loaded
  std::string kv = "f16";
};

struct MemoryPrediction {
  int64_t memory_bytes = 0;
  double decode_bytes = 0;  // read per generated token, at a short context
};

class ModelLoader {
 public:
  virtual ~ModelLoader() = default;
  // Headers only; any thread. Error: not_found, invalid_file, unsupported.
  virtual TextDescription describe(const std::filesystem::path& path) const = 0;
  virtual MemoryPrediction predict(const std::filesystem::path& path, const LoadSettings& settings) const = 0;
  // On the device's thread.
  virtual std::unique_ptr<TextModel> load(const std::filesystem::path& path, const LoadSettings& settings,
                                          const std::function<void(double)>& progress,
                                          const CancelToken& cancel) const = 0;
};

}  // namespace diptych::host
