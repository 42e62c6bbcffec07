#include "engine/train/text_task.h"

#include <algorithm>
#include <numeric>

#include "engine/core/error.h"
#include "engine/ops/backward/record.h"
#include "engine/ops/loss.h"
#include "engine/train/adapters/trained_layers.h"
#include "engine/train/exports/adapter_export.h"
#include "engine/train/exports/weights_export.h"
#include "engine/train/full.h"
#include "engine/train/preference.h"

namespace diptych::train {
namespace {

std::shared_ptr<const ChatTemplate> chat_template_of(const ModelSource& source) {
  return source.gguf ? load_chat_template(*source.gguf) : load_chat_template(*source.hf);
}

nlohmann::ordered_json variables_of(const ModelSource& source) {
  return source.gguf ? template_variables(*source.gguf) : template_variables(*source.hf);
}

[[noreturn]] void refuse(const std::string& what, const std::string& why, const std::string& to_do) {
  throw Error(ErrorCategory::unsupported, "cannot train", what, why, to_do);
}

// What is not there yet is said before anything is computed.
void check_method(const Recipe& recipe) {
  if (recipe.loss.objective == Objective::diffusion) {
    refuse("a language model", "the loss of denoisers does not apply to it", "leave loss.objective out");
  }
}

std::vector<float> equal_factors(size_t count, double total, float factor) {
  return std::vector<float>(count, static_cast<float>(static_cast<double>(factor) / total));
}

// Rows that have a label, and the labels.
struct Labelled {
  std::vector<int32_t> rows, labels;
};

Labelled labelled_of(const TextBatch& batch) {
  Labelled labelled{labelled_rows(batch.labels), {}};
  for (const int32_t row : labelled.rows) labelled.labels.push_back(batch.labels[static_cast<size_t>(row)]);
  return labelled;
}

}  // namespace

std::shared_ptr<const Tokenizer> tokenizer_of(const ModelSource& source) {
  return source.gguf ? load_tokenizer(*source.gguf) : load_tokenizer(*source.hf);
}

TextBase load_text_base(Context& ctx, const ModelRegistry& registry, const std::filesystem::path& path,
                        const LoadOptions& options) {
  TextBase base{open_model(path), nullptr, std::make_shared<WeightTargets>(), nullptr};
  base.tokenizer = tokenizer_of(base.source);
  LoadOptions noting = options;
  noting.targets = base.targets;
  base.model = registry.load_causal_lm(ctx, base.source, noting);
  return base;
}

ExampleBuilder example_builder(const Recipe& recipe, const ModelSource& source,
                               std::shared_ptr<const Tokenizer> tokenizer) {
  return {std::move(tokenizer), chat_template_of(source), variables_of(source), example_options(recipe)};
}

TextTask::TextTask(Context& ctx, const Recipe& recipe, TextBase base, std::shared_ptr<const TextData> data)
    : recipe_(recipe), base_(std::move(base)), data_(std::move(data)) {
  check_method(recipe_);
  if (data_ == nullptr) {
    const ExampleBuilder builder = example_builder(recipe_, base_.source, base_.tokenizer);
    data_ = std::make_shared<TextData>(load_text_data(recipe_, builder, ctx.pool()));
  }
  if (data_->training.preferences() && recipe_.method == Method::full) {
    refuse("all weights on preferences", "the model before training is asked, too, and would need a second copy",
           "choose the method lora");
  }
  PartOfRecipe made = make_trained_part(ctx, base_.targets, recipe_);
  part_ = std::move(made.part);
  adapter_ = made.adapter;
  batches_ = std::make_unique<TextBatches>(
      data_->training.examples,
      TextBatchOptions{
          .batch = recipe_.batch, .sequence = recipe_.sequence, .packing = recipe_.packing, .seed = recipe_.seed});
}

Tensor TextTask::causal_loss(Context& ctx, float factor) {
  const Labelled labelled = labelled_of(current_);
  current_.batch.output_rows = labelled.rows;
  const auto count = static_cast<double>(labelled.labels.size());
  return cross_entropy(ctx, base_.model->hidden(ctx, current_.batch), base_.model->head(), labelled.labels,
                       equal_factors(labelled.labels.size(), count, factor));
}

Tensor TextTask::preference_loss(Context& ctx, float factor) {
  const Labelled labelled = labelled_of(current_);
  current_.batch.output_rows = labelled.rows;
  const auto scores = [&] {
    const PausedTape paused(ctx);
    return answer_scores(ctx, *base_.model, current_.batch, labelled.labels);
  };
  const std::vector<double> now = scores();
  adapter_->set_enabled(false);
  std::vector<double> before;
  try {
    before = scores();
  } catch (...) {
    adapter_->set_enabled(true);
    throw;
  }
  adapter_->set_enabled(true);
  const PreferenceLoss loss = preference_loss_of(now, before, recipe_.loss.dpo_beta, recipe_.loss.dpo_label_smoothing);
  // The slopes of the loss say what each answer's cross entropy counts; its value is another.
  std::vector<float> factors;
  size_t sequence = 0;
  for (const int32_t row : labelled.rows) {
    while (row >= current_.batch.sequence_offsets[sequence + 1]) ++sequence;
    factors.push_back(static_cast<float>(-loss.slopes[sequence]) * factor);
  }
  Tensor value =
      cross_entropy(ctx, base_.model->hidden(ctx, current_.batch), base_.model->head(), labelled.labels, factors);
  if (!ctx.is_meta()) *value.data<float>() = static_cast<float>(loss.value) * factor;
  return value;
}

Tensor TextTask::next_loss(Context& ctx, float factor) {
  current_ = batches_->next();
  seen_.tokens += current_.batch.token_count();
  return data_->training.preferences() ? preference_loss(ctx, factor) : causal_loss(ctx, factor);
}

std::optional<double> TextTask::validation_loss(Context& ctx) {
  const std::vector<Example>& examples = data_->validation.examples;
  if (examples.empty() || data_->training.preferences()) return std::nullopt;
  double sum = 0;
  int64_t count = 0;
  for (int64_t i = 0; i < static_cast<int64_t>(examples.size()); ++i) {
    TextBatch one = text_batch(examples, {&i, 1});
    const Labelled labelled = labelled_of(one);
    one.batch.output_rows = labelled.rows;
    const Tensor scores =
        label_log_probabilities(ctx, base_.model->hidden(ctx, one.batch), base_.model->head(), labelled.labels);
    if (!ctx.is_meta()) {
      for (const float score : scores.span<float>()) sum -= static_cast<double>(score);
    }
    count += static_cast<int64_t>(labelled.labels.size());
  }
  return sum / static_cast<double>(std::max<int64_t>(1, count));
}

void TextTask::write_result(Context& ctx, const std::filesystem::path& folder) {
  if (adapter_ == nullptr) return write_weights(ctx, static_cast<const FullTraining&>(*part_), folder);
  TrainedAdapter adapter = trained_adapter(ctx, *adapter_, "model");
  adapter.base_model = recipe_.base;
  PeftOptions options;
  options.target_modules = recipe_.targets;
  if (std::ranges::find(options.target_modules, "all-linear") != options.target_modules.end()) {
    options.target_modules.clear();
  }
  export_peft(folder, adapter, options);
}

int64_t TextTask::result_bytes() const {
  int64_t bytes = 0;
  for (const Parameter& parameter : part_->parameters()) bytes += 4 * parameter.value.elements();
  return bytes + (int64_t{1} << 16);  // names and configuration
}

}  // namespace diptych::train
