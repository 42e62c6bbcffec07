// A language model without weights: writes " t0 t1 t2 …" at a given pace, goes on where a continued answer stopped, and
// thinks first if it is told to.
#pragma once

#include <time.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "engine/core/error.h"
#include "engine/host/chat/text_model.h"

namespace diptych::host {

struct FakeBehaviour {
  std::atomic<int> tokens{20};
  std::atomic<int> token_us{200};
  std::atomic<int> thinking_tokens{0};
  std::atomic<int> hold_at{-1};  // waits before this token until this changes or the answer is cancelled
  std::atomic<int> load_ms{0};
  std::atomic<int64_t> memory_bytes{1 << 20};
  std::atomic<bool> fails{false};
  std::mutex mutex;
  std::vector<api::Json> seen;  // messages of each request
  std::atomic<int> loads{0}, unloads{0};
  std::atomic<double> own_cpu_s{0};  // what the fake's own sleeping costs
};

inline double thread_cpu_s() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

class FakeModel final : public TextModel {
 public:
  FakeModel(std::shared_ptr<FakeBehaviour> behaviour, int64_t context)
      : behaviour_(std::move(behaviour)), context_(context) {}
  ~FakeModel() override { ++behaviour_->unloads; }

  GenerateResult generate(const GenerateRequest& request, const std::function<void(const Piece&)>& on_piece) override {
    {
      const std::lock_guard lock(behaviour_->mutex);
      behaviour_->seen.push_back(request.messages);
    }
    if (behaviour_->fails) {
      throw Error(ErrorCategory::unsupported, "cannot answer", "fake", "it was told to fail", "ask another model");
    }
    int next = 0;
    if (request.continue_last) {
      const std::string text = request.messages.back()["content"];
      for (const char c : text) next += c == ' ';
    }
    GenerateResult result;
    result.prompt_tokens = count_tokens(request.messages.dump() + request.prompt);
    result.seed = request.sampling.seed.value_or(4711);
    const auto begin = std::chrono::steady_clock::now();
    Piece piece;
    const auto say = [&](std::string text, std::string thinking) {
      request.cancel.throw_if_cancelled();
      const double before = thread_cpu_s();
      std::this_thread::sleep_for(std::chrono::microseconds(behaviour_->token_us));
      behaviour_->own_cpu_s = behaviour_->own_cpu_s + thread_cpu_s() - before;
      piece.scores.clear();
      if (request.logprobs >= 0) {
        TokenScores score;
        score.chosen = {text, -0.5};
        score.top.push_back(score.chosen);
        piece.scores.push_back(std::move(score));
      }
      piece.text = std::move(text);
      piece.thinking = std::move(thinking);
      piece.tokens = ++result.completion_tokens;
      piece.cost.flops += 2e6;
      piece.cost.weight_bytes += 1e6;
      on_piece(piece);
    };
    result.finish_reason = "stop";
    for (int i = 0; i < behaviour_->thinking_tokens; ++i) say("", " h" + std::to_string(i));
    for (; next < behaviour_->tokens; ++next) {
      while (next == behaviour_->hold_at) {
        request.cancel.throw_if_cancelled();
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
      }
      if (request.max_tokens > 0 && result.completion_tokens >= request.max_tokens) {
        result.finish_reason = "length";
        break;
      }
      say(" t" + std::to_string(next), "");
    }
    result.decode_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    result.decode_cost = piece.cost;
    return result;
  }
  int64_t count_tokens(const std::string& text) const override { return static_cast<int64_t>(text.size()) / 4; }
  MemoryUse memory() const override {
    MemoryUse use;
    use.bytes[0] = use.total_bytes = behaviour_->memory_bytes;
    return use;
  }
  int64_t context_tokens() const override { return context_; }
  std::string title(const std::string& question, const std::string&, const CancelToken&) override {
    return "About " + question.substr(0, 10);
  }

 private:
  std::shared_ptr<FakeBehaviour> behaviour_;
  int64_t context_;
};

class FakeLoader final : public ModelLoader {
 public:
  explicit FakeLoader(std::shared_ptr<FakeBehaviour> behaviour) : behaviour_(std::move(behaviour)) {}
  TextDescription describe(const std::filesystem::path& path) const override {
    if (path.filename() == "broken.gguf") {
      throw Error(ErrorCategory::invalid_file, "cannot open model", path.string(), "it is truncated", "fetch it again");
    }
    return {"Fake " + path.stem().string(), "fake", "Q4_0", 1000, 500, 4096};
  }
  MemoryPrediction predict(const std::filesystem::path&, const LoadSettings& settings) const override {
    return {behaviour_->memory_bytes + settings.context_tokens, 1e6};
  }
  std::unique_ptr<TextModel> load(const std::filesystem::path&, const LoadSettings& settings,
                                  const std::function<void(double)>& progress,
                                  const CancelToken& cancel) const override {
    for (int i = 0; i < 10; ++i) {
      cancel.throw_if_cancelled();
      std::this_thread::sleep_for(std::chrono::milliseconds(behaviour_->load_ms / 10));
      progress(i / 10.0);
    }
    ++behaviour_->loads;
    return std::make_unique<FakeModel>(behaviour_, settings.context_tokens);
  }

 private:
  std::shared_ptr<FakeBehaviour> behaviour_;
};

}  // namespace diptych::host
