// Fine-tuning of a language model: answers of conversations, completions and texts, or preferences between two answers.
#pragma once

#include <memory>
#include <string>

#include "engine/model/registry.h"
#include "engine/model/weight_targets.h"
#include "engine/text/tokenizer.h"
#include "engine/train/adapters/make_part.h"
#include "engine/train/data/example_builder.h"
#include "engine/train/data/recipe.h"
#include "engine/train/data/text_batches.h"
#include "engine/train/data/text_dataset.h"
#include "engine/train/task.h"

namespace diptych::train {

// A base model, with what turns text into its tokens.
struct TextBase {
  ModelSource source;
  std::shared_ptr<const Tokenizer> tokenizer;
  std::shared_ptr<WeightTargets> targets;
  std::shared_ptr<CausalLm> model;
};

std::shared_ptr<const Tokenizer> tokenizer_of(const ModelSource& source);

// Error as open_model and ModelRegistry::load_causal_lm.
TextBase load_text_base(Context& ctx, const ModelRegistry& registry, const std::filesystem::path& path,
                        const LoadOptions& options = {});

// What turns a recipe's records into examples for this base. Its weights are not needed.
ExampleBuilder example_builder(const Recipe& recipe, const ModelSource& source,
                               std::shared_ptr<const Tokenizer> tokenizer);

class TextTask final : public Task {
 public:
  // `data` comes from load_text_data(); none: it is read. Error: as load_text_data and make_trained_part; unsupported
  // for what language models are not trained with.
  TextTask(Context& ctx, const Recipe& recipe, TextBase base, std::shared_ptr<const TextData> data = {});

  TrainedPart& part() override { return *part_; }
  Tensor next_loss(Context& ctx, float factor) override;
  Seen seen() const override { return seen_; }
  DataPosition position() const override { return batches_->position(); }
  void seek(DataPosition position) override { batches_->seek(position); }
  int64_t micro_batches_of(double epochs) const override { return batches_->batches_of(epochs); }
  std::optional<double> validation_loss(Context& ctx) override;
  void write_result(Context& ctx, const std::filesystem::path& folder) override;
  int64_t result_bytes() const override;

  const TextData& data() const { return *data_; }
  const TextBase& base() const { return base_; }

 private:
  Tensor causal_loss(Context& ctx, float factor);      // of the current batch
  Tensor preference_loss(Context& ctx, float factor);  // the same

  Recipe recipe_;
  TextBase base_;
  std::shared_ptr<const TextData> data_;
  std::unique_ptr<TrainedPart> part_;
  AdapterTraining* adapter_ = nullptr;  // where that is what is trained
  std::unique_ptr<TextBatches> batches_;
  TextBatch current_;  // kept until its way back is done: layers that are computed again read it
  Seen seen_;
};

}  // namespace diptych::train
