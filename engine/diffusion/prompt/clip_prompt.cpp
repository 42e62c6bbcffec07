#include "engine/diffusion/prompt/clip_prompt.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numeric>

#include "engine/core/error.h"

namespace diptych::diffusion {
namespace {

class ClipWindowWriter {
 public:
  ClipWindowWriter(const ClipTokens& tokens, const ClipWindowOptions& options) : tokens_(tokens), options_(options) {
    result_.columns = options.length + 2;
  }

  // `run`: how many tokens from this one on belong together.
  void add(int32_t token, float weight, int64_t run) {
    if (tokens_.comma && token == *tokens_.comma)
      last_comma_ = length();
    else if (length() == options_.length && last_comma_ >= 0 && length() - last_comma_ <= options_.comma_distance)
      finish_behind_comma();
    const bool splits = run <= options_.length && length() + run > options_.length;
    if (splits || length() == options_.length) finish_window();
    ids_.push_back(token);
    weights_.push_back(weight);
  }

  void finish_window() {
    result_.tokens += options_.length;
    write_window();
  }

  ClipWindows finish() {
    if (length() > 0 || result_.count == 0) {
      result_.tokens += length();
      write_window();
    }
    result_.capacity = std::max<int64_t>((result_.tokens + options_.length - 1) / options_.length, 1) * options_.length;
    return std::move(result_);
  }

 private:
  int64_t length() const { return static_cast<int64_t>(ids_.size()); }

  void finish_behind_comma() {
    const auto keep = static_cast<size_t>(last_comma_ + 1);
    const std::vector<int32_t> moved_ids(ids_.begin() + keep, ids_.end());
    const std::vector<float> moved_weights(weights_.begin() + keep, weights_.end());
    ids_.resize(keep);
    weights_.resize(keep);
    finish_window();
    ids_ = moved_ids;
    weights_ = moved_weights;
  }

  void write_window() {
    ids_.insert(ids_.begin(), tokens_.begin);
    weights_.insert(weights_.begin(), 1);
    ids_.push_back(tokens_.end);
    // The first end counts: a vocabulary may hold it as an ordinary token, too.
    const auto end = std::find(ids_.begin(), ids_.end(), tokens_.end);
    std::fill(end + 1, ids_.end(), tokens_.pad);
    ids_.resize(static_cast<size_t>(result_.columns), tokens_.pad);
    weights_.resize(static_cast<size_t>(result_.columns), 1);
    result_.ids.insert(result_.ids.end(), ids_.begin(), ids_.end());
    result_.weights.insert(result_.weights.end(), weights_.begin(), weights_.end());
    ++result_.count;
    ids_.clear();
    weights_.clear();
    last_comma_ = -1;
  }

  const ClipTokens& tokens_;
  const ClipWindowOptions& options_;
  ClipWindows result_;
  std::vector<int32_t> ids_;  // of the window being filled, without begin and end
  std::vector<float> weights_;
  int64_t last_comma_ = -1;
};

}  // namespace

ClipTokens clip_tokens(const Tokenizer& tokenizer) {
  const auto begin = tokenizer.bos(), end = tokenizer.eos();
  if (!begin || !end)
    throw Error(ErrorCategory::unsupported, "cannot read prompts with a tokenizer", "CLIP",
                "it names no token for begin or end", "check the tokenizer's files");
  return {*begin, *end, *end, tokenizer.token_id(",</w>")};
}

ClipWindows clip_windows(const std::vector<PromptPiece>& pieces, const Tokenizer& tokenizer, const ClipTokens& tokens,
                         const ClipWindowOptions& options) {
  assert(options.length > 0);
  ClipWindowWriter writer(tokens, options);
  for (const PromptPiece& piece : pieces) {
    if (piece.is_break) {
      writer.finish_window();
      continue;
    }
    for (const int32_t token : tokenizer.encode(piece.text)) {
      const auto run = tokens.runs.find(token);
      writer.add(token, static_cast<float>(piece.weight), run == tokens.runs.end() ? 1 : run->second);
    }
  }
  return writer.finish();
}

void extend_windows(ClipWindows& windows, int64_t count, const ClipTokens& tokens) {
  for (; windows.count < count; ++windows.count) {
    windows.ids.push_back(tokens.begin);
    windows.ids.push_back(tokens.end);
    windows.ids.resize(windows.ids.size() + static_cast<size_t>(windows.columns) - 2, tokens.pad);
    windows.weights.resize(windows.ids.size(), 1);
  }
}

void apply_emphasis(std::span<float> hidden, std::span<const float> weights) {
  assert(!weights.empty() && hidden.size() % weights.size() == 0);
  if (std::ranges::all_of(weights, [](float weight) { return weight == 1; })) return;
  const double before = std::accumulate(hidden.begin(), hidden.end(), 0.0);
  const size_t width = hidden.size() / weights.size();
  for (size_t token = 0; token < weights.size(); ++token)
    for (float& value : hidden.subspan(token * width, width)) value *= weights[token];
  const double after = std::accumulate(hidden.begin(), hidden.end(), 0.0);
  const double ratio = before / after;
  if (!std::isfinite(ratio)) return;  // a mean of 0 cannot be scaled to another
  for (float& value : hidden) value = static_cast<float>(value * ratio);
}

}  // namespace diptych::diffusion
