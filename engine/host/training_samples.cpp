#include "engine/host/training_samples.h"

#include <fstream>
#include <map>
#include <utility>

#include "engine/core/error.h"
#include "engine/io/atomic_file.h"
#include "engine/llm/plain_answer.h"

namespace diptych::host {
namespace {

constexpr int64_t most_sample_tokens = 128;

std::filesystem::path samples_file(const std::filesystem::path& output) {
  return output / "samples.jsonl";
}

}  // namespace

TextSamples::TextSamples(Context& ctx, const train::TextBase& base, std::vector<std::string> prompts,
                         std::filesystem::path output)
    : ctx_(ctx),
      base_(base),
      prompts_(std::move(prompts)),
      output_(std::move(output)),
      builder_(PromptBuilder::of(base.source, base.tokenizer)) {}

std::string TextSamples::answer(const std::string& prompt) {
  return plain_answer(ctx_, *base_.model, *base_.tokenizer, builder_, prompt, most_sample_tokens);
}

void TextSamples::append(const api::TrainingSample& sample) const {
  std::ofstream file(samples_file(output_), std::ios::app);
  file << api::dump(api::to_json(sample)) << '\n';
  if (file.flush()) return;
  throw Error(ErrorCategory::io, "cannot write samples to", samples_file(output_).string(), "the disk may be full",
              "make room there");
}

void TextSamples::keep_baseline() {
  std::map<std::string, std::string> known;
  for (const api::TrainingSample& sample : read_training_samples(output_).samples) {
    if (sample.step == 0) known[sample.prompt] = sample.baseline_text;
  }
  for (size_t i = 0; i < prompts_.size(); ++i) {
    const auto found = known.find(prompts_[i]);
    if (found != known.end()) {
      baseline_.push_back(found->second);
      continue;
    }
    baseline_.push_back(answer(prompts_[i]));
    api::TrainingSample sample;
    sample.index = static_cast<int>(i);
    sample.prompt = prompts_[i];
    sample.text = sample.baseline_text = baseline_.back();
    append(sample);
  }
}

void TextSamples::take(int64_t step, const std::function<void(const api::TrainingSample&)>& taken) {
  for (size_t i = 0; i < prompts_.size(); ++i) {
    api::TrainingSample sample;
    sample.step = step;
    sample.index = static_cast<int>(i);
    sample.prompt = prompts_[i];
    sample.text = answer(prompts_[i]);
    sample.baseline_text = baseline_[i];
    append(sample);
    taken(sample);
  }
}

api::TrainingSamples read_training_samples(const std::filesystem::path& output) {
  std::map<std::pair<int64_t, int>, api::TrainingSample> samples;
  std::ifstream file(samples_file(output));
  std::string line;
  while (std::getline(file, line)) {
    const auto json = api::parse(line);
    if (!json || !json->is_object()) continue;  // cut off by a kill
    try {
      auto sample = api::from_json<api::TrainingSample>(*json);
      samples[{sample.step, sample.index}] = std::move(sample);
    } catch (const api::FieldError&) {
      // of another program
    }
  }
  api::TrainingSamples result;
  for (auto& [key, sample] : samples) result.samples.push_back(std::move(sample));
  return result;
}

}  // namespace diptych::host
