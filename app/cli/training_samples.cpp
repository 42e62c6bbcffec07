#include "app/cli/training_samples.h"

#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>
#include <utility>

#include "engine/core/error.h"
#include "engine/llm/kv_pool.h"

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

std::string TrainingSamples::answer(const std::string& prompt) {
  const Prompt built = builder_.build({.messages = {{{"role", "user"}, {"content", prompt}}}});
  const auto context = static_cast<int64_t>(built.tokens.size()) + most_tokens + 1;
  const KvLayout layout = base_.model->kv_layout();
  // Nothing is kept between samples: keys of a model that has learnt since are no longer its keys.
  KvPool pool(ctx_, layout, blocks_for(context, layout) + 1);
  const Tokenizer& tokenizer = *base_.tokenizer;
  Generator generator(
      ctx_, *base_.model, pool, context, [&](int32_t id) { return tokenizer.is_end_of_generation(id); },
      [&](int32_t id) { return tokenizer.is_control(id); });
  GenerateOptions options;
  options.sampler.temperature = 0;
  options.max_tokens = most_tokens;
  std::vector<int32_t> tokens;
  generator.generate(built.tokens, options, [&](const GeneratedToken& token) {
    if (!token.end) tokens.push_back(token.id);
    return true;
  });
  return tokenizer.decode(tokens, true);
}

void TrainingSamples::write(int64_t step) {
  std::ofstream file(file_, std::ios::app);
  for (const std::string& prompt : prompts_) {
    const std::string text = answer(prompt);
    std::fprintf(stderr, "  %s\n    %s\n", prompt.c_str(), text.c_str());
    file << nlohmann::ordered_json{{"step", step}, {"prompt", prompt}, {"text", text}}.dump() << '\n';
  }
  if (file.flush()) return;
  throw Error(ErrorCategory::io, "cannot write samples to", file_.string(), "the disk may be full", "make room there");
}

}  // namespace diptych::cli
