#include "engine/host/training/training_samples.h"

#include <cstdio>
#include <fstream>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "engine/core/error.h"
#include "engine/diffusion/pictures/image_tensor.h"
#include "engine/io/files/atomic_file.h"
#include "engine/io/images/image.h"
#include "engine/llm/plain_answer.h"
#include "engine/train/image/sample_picture.h"

namespace diptych::host {
namespace {

constexpr int64_t most_sample_tokens = 128;

std::filesystem::path samples_file(const std::filesystem::path& output) {
  return output / "samples.jsonl";
}

// Keeps every sample as a line of samples.jsonl.
class SampleFile {
 public:
  explicit SampleFile(std::filesystem::path output) : output_(std::move(output)) {}

  const std::filesystem::path& output() const { return output_; }
  std::optional<api::TrainingSample> baseline(const std::string& prompt) const {
    for (const api::TrainingSample& sample : read_training_samples(output_).samples) {
      if (sample.step == 0 && sample.prompt == prompt) return sample;
    }
    return std::nullopt;
  }
  void append(const api::TrainingSample& sample) const {
    std::ofstream file(samples_file(output_), std::ios::app);
    file << api::dump(api::to_json(sample)) << '\n';
    if (file.flush()) return;
    throw Error(ErrorCategory::io, "cannot write samples to", samples_file(output_).string(), "the disk may be full",
                "make room there");
  }

 private:
  std::filesystem::path output_;
};

// What both kinds do: a sample for each prompt, the first ones kept beside the later.
class PromptSampler : public TrainingSampler {
 public:
  PromptSampler(const train::Recipe& recipe, std::filesystem::path output)
      : recipe_(recipe), file_(std::move(output)) {}

  void keep_baseline() override {
    for (size_t i = 0; i < recipe_.sample_prompts.size(); ++i) {
      const auto known = file_.baseline(recipe_.sample_prompts[i]);
      baseline_.push_back(known ? *known : made(0, i));
      if (!known) file_.append(baseline_.back());
    }
    done();
  }
  void take(int64_t step, const std::function<void(const api::TrainingSample&)>& taken) override {
    for (size_t i = 0; i < recipe_.sample_prompts.size(); ++i) {
      api::TrainingSample sample = made(step, i);
      sample.baseline_text = baseline_[i].text;
      sample.baseline_image = baseline_[i].image;
      file_.append(sample);
      taken(sample);
    }
    done();
  }

 protected:
  virtual void make(api::TrainingSample& sample) = 0;  // its text or image
  virtual void done() {}

  const train::Recipe& recipe_;
  SampleFile file_;

 private:
  api::TrainingSample made(int64_t step, size_t index) {
    api::TrainingSample sample;
    sample.step = step;
    sample.index = static_cast<int>(index);
    sample.prompt = recipe_.sample_prompts[index];
    sample.seed = static_cast<int64_t>(recipe_.seed);
    make(sample);
    if (step == 0) {
      sample.baseline_text = sample.text;
      sample.baseline_image = sample.image;
    }
    return sample;
  }

  std::vector<api::TrainingSample> baseline_;  // of each prompt
};

class AnswerSampler final : public PromptSampler {
 public:
  AnswerSampler(Context& ctx, const train::TextBase& base, const train::Recipe& recipe, std::filesystem::path output)
      : PromptSampler(recipe, std::move(output)),
        ctx_(ctx),
        base_(base),
        builder_(PromptBuilder::of(base.source, base.tokenizer)) {}

 private:
  void make(api::TrainingSample& sample) override {
    sample.text = plain_answer(ctx_, *base_.model, *base_.tokenizer, builder_, sample.prompt, most_sample_tokens);
  }

  Context& ctx_;
  const train::TextBase& base_;
  PromptBuilder builder_;
};

class PictureSampler final : public PromptSampler {
 public:
  PictureSampler(Context& ctx, train::ImageBase& base, const train::Recipe& recipe, std::filesystem::path output)
      : PromptSampler(recipe, std::move(output)), ctx_(ctx), base_(base) {}

 private:
  void make(api::TrainingSample& sample) override {
    char name[64];
    std::snprintf(name, sizeof(name), "step-%06lld-%d.png", static_cast<long long>(sample.step), sample.index + 1);
    sample.image = name;
    const diffusion::ImageResult result = train::sample_picture(ctx_, base_, recipe_, sample.prompt);
    const Tensor& images = result.images;
    const auto values = static_cast<size_t>(images.elements() / images.dim(0));
    const Image8 picture =
        diffusion::image_of_planes(images.span<float>().first(values), static_cast<int>(images.dim(1)), images.dim(2),
                                   images.dim(3), diffusion::PixelRange::unit);
    const std::filesystem::path folder = file_.output() / "samples";
    make_folder(folder);
    write_image(folder / name, picture,
                {.parameters = sample.prompt, .recipe = {}, .source = DigitalSource::trained_model});
  }
  void done() override { base_.release_encoders(ctx_); }

  Context& ctx_;
  train::ImageBase& base_;
};

}  // namespace

std::unique_ptr<TrainingSampler> text_sampler(Context& ctx, const train::TextBase& base, const train::Recipe& recipe,
                                              std::filesystem::path output) {
  return std::make_unique<AnswerSampler>(ctx, base, recipe, std::move(output));
}

std::unique_ptr<TrainingSampler> picture_sampler(Context& ctx, train::ImageBase& base, const train::Recipe& recipe,
                                                 std::filesystem::path output) {
  return std::make_unique<PictureSampler>(ctx, base, recipe, std::move(output));
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
