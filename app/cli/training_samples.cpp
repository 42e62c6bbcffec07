#include "app/cli/training_samples.h"

#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>
#include <utility>

#include "engine/core/error.h"
#include "engine/llm/plain_answer.h"

namespace diptych::cli {
namespace {

constexpr int64_t most_tokens = 128;  // of an answer

}  // namespace

TrainingSamples::TrainingSamples(Context& ctx, const train::TextBase& base, std::vector<std::string> prompts,
                                 std::filesystem::path file)
    : ctx_(ctx),
      base_(base),
      prompts_(std::move(prompts)),
      file_(std::move(file)),
      builder_(PromptBuilder::of(base.source, base.tokenizer)) {}

void TrainingSamples::write(int64_t step) {
  std::ofstream file(file_, std::ios::app);
  for (const std::string& prompt : prompts_) {
    const std::string text = plain_answer(ctx_, *base_.model, *base_.tokenizer, builder_, prompt, most_tokens);
    std::fprintf(stderr, "  %s\n    %s\n", prompt.c_str(), text.c_str());
    file << nlohmann::ordered_json{{"step", step}, {"prompt", prompt}, {"text", text}}.dump() << '\n';
  }
  if (file.flush()) return;
  throw Error(ErrorCategory::io, "cannot write samples to", file_.string(), "the disk may be full", "make room there");
}

}  // namespace diptych::cli
