// Kind train: a short training run; loss, norm and rate of every step, and the weights it ends with.
#include <numeric>

#include "app/golden/kinds.h"
#include "engine/core/error.h"
#include "engine/diffusion/image_model.h"
#include "engine/io/library/pipeline_folder.h"
#include "engine/model/registry.h"
#include "engine/model/weight_targets.h"
#include "engine/ops/loss.h"
#include "engine/train/adapters/adapter_training.h"
#include "engine/train/full.h"
#include "engine/train/image/noisy_sample.h"
#include "engine/train/image/token_training.h"
#include "engine/train/runs/trainer.h"
#include "models/registry.h"

namespace diptych::golden {
namespace {

using nlohmann::ordered_json;

train::TrainerOptions options_of(const ordered_json& training) {
  train::TrainerOptions options;
  options.accumulation = training.at("gradient_accumulation");
  options.max_norm = training.at("max_grad_norm");
  options.optimizer.kind = train::OptimizerKind::adamw;
  options.optimizer.beta1 = training.at("betas").at(0);
  options.optimizer.beta2 = training.at("betas").at(1);
  options.optimizer.epsilon = training.at("eps").get<double>();
  options.optimizer.weight_decay = training.at("weight_decay");
  options.learning_rate = {.shape = train::parse_rate_shape(training.at("schedule").get<std::string>()),
                           .peak = training.at("learning_rate"),
                           .warmup_steps = training.at("warmup_steps"),
                           .total_steps = training.at("steps")};
  return options;
}

// The adapter that the case starts from, its values in place of the drawn ones.
std::shared_ptr<train::TrainedPart> start_lora(Context& ctx, const Case& one,
                                               const std::shared_ptr<WeightTargets>& targets) {
  const std::string folder = one.text("adapter_init");
  const ordered_json config = one.read_json(folder + "/adapter_config.json");
  train::AdapterOptions options{.rank = config.at("r"), .alpha = config.at("lora_alpha")};
  options.rank_stabilised = config.value("use_rslora", false);
  options.targets = config.at("target_modules").get<std::vector<std::string>>();
  auto lora = std::make_shared<train::AdapterTraining>(ctx, targets, options);
  const TensorMap start = read_tensors(ctx, one.file(folder + "/adapter_model.safetensors"));
  for (train::Parameter& parameter : lora->parameters()) {
    const auto found = start.find(parameter.name);
    if (found == start.end() || found->second.shape() != parameter.value.shape()) {
      one.fail("adapter_init", "has no " + parameter.name + " " + parameter.value.shape().str());
    }
    std::ranges::copy(found->second.span<float>(), parameter.value.data<float>());
  }
  lora->publish(ctx);
  return lora;
}

std::shared_ptr<train::TrainedPart> start(Context& ctx, const Case& one,
                                          const std::shared_ptr<WeightTargets>& targets) {
  if (one.description().contains("adapter_init")) return start_lora(ctx, one, targets);
  return std::make_shared<train::FullTraining>(ctx, targets);
}

// Row `index` of a tensor [rows, …].
Tensor row_of(const Tensor& tensor, int64_t index) {
  const Shape& all = tensor.shape();
  std::vector<int64_t> extents;
  for (int axis = 1; axis < all.rank(); ++axis) extents.push_back(all[axis]);
  return tensor.slice(0, index, index + 1).reshape(Shape(std::span<const int64_t>(extents)));
}

// Next tokens of every position that has a label, as transformers shifts them.
Tensor language_loss(Context& ctx, const CausalLm& model, const Tensor& ids, const Tensor& labels, float factor) {
  const int64_t rows = ids.dim(0), columns = ids.dim(1);
  const std::vector<int64_t> tokens = integers_of(ids, "input_ids"), wanted = integers_of(labels, "labels");
  Batch batch = Batch::uniform(std::vector<int32_t>(tokens.begin(), tokens.end()), rows);
  std::vector<int32_t> targets;
  for (int64_t row = 0; row < rows; ++row) {
    for (int64_t column = 0; column + 1 < columns; ++column) {
      const int64_t label = wanted[static_cast<size_t>(row * columns + column + 1)];
      if (label == -100) continue;
      batch.output_rows.push_back(static_cast<int32_t>(row * columns + column));
      targets.push_back(static_cast<int32_t>(label));
    }
  }
  const std::vector<float> factors(targets.size(), factor / static_cast<float>(targets.size()));
  // The batch is needed on the way back only where layers are computed again, which they are not here.
  return cross_entropy(ctx, model.hidden(ctx, batch), model.head(), targets, factors);
}

struct Job {
  std::shared_ptr<train::TrainedPart> part;
  std::function<Tensor(Context&, int64_t row, float factor)> loss;
};

Job language_job(Context& ctx, const ModelRegistry& registry, const Case& one, const TensorMap& inputs) {
  const auto targets = std::make_shared<WeightTargets>();
  LoadOptions options;
  options.targets = targets;
  const std::shared_ptr<CausalLm> model = registry.load_causal_lm(ctx, open_model(one.model()), options);
  return {start(ctx, one, targets), [model, &inputs](Context& c, int64_t row, float factor) {
            return language_loss(c, *model, row_of(inputs.at("input_ids"), row), row_of(inputs.at("labels"), row),
                                 factor);
          }};
}

// The positions of a grid of tokens as FLUX numbers them, and of text: zeros.
void add_positions(Context& ctx, const nlohmann::ordered_json& grid, TensorMap& inputs) {
  const int64_t height = grid.at(0), width = grid.at(1), text = inputs.at("encoder_hidden_states").dim(1);
  Tensor image = ctx.output({height * width, 3}), none = ctx.output({text, 3});
  std::ranges::fill(none.span<float>(), 0.0f);
  float* value = image.data<float>();
  for (int64_t i = 0; i < height * width; ++i) {
    *value++ = 0;
    *value++ = static_cast<float>(i / width);
    *value++ = static_cast<float>(i % width);
  }
  inputs["img_ids"] = image;
  inputs["txt_ids"] = none;
}

Tensor weighed_loss(Context& ctx, const Denoiser& model, const TensorMap& arguments, const train::NoisySample& sample,
                    float factor) {
  const Tensor said = model.evaluate(ctx, arguments, nlohmann::json::object()).at("sample");
  std::vector<float> factors = sample.factors;
  for (float& one : factors) one *= factor / static_cast<float>(sample.factors.size());
  return mean_squared_error(ctx, said, sample.target, factors);
}

// `text`: what the denoiser reads, [rows, tokens, width].
Tensor unet_loss(Context& ctx, const Denoiser& model, const Case& one, const TensorMap& inputs, const Tensor& text,
                 int64_t row, float factor) {
  using namespace diffusion;
  const TrainingSchedule schedule(betas_of(BetaSchedule::scaled_linear, 0.00085, 0.012, 1000));
  const ordered_json gamma = one.description().value("min_snr_gamma", ordered_json());
  const Tensor timesteps = row_of(inputs.at("timesteps"), row);
  const train::NoisySample sample = train::diffused(
      ctx, schedule, Prediction::epsilon, row_of(inputs.at("latents"), row), row_of(inputs.at("noise"), row),
      integers_of(timesteps, "timesteps"), gamma.is_null() ? std::optional<double>() : gamma.get<double>());
  return weighed_loss(ctx, model, {{"sample", sample.noisy}, {"timestep", timesteps}, {"encoder_hidden_states", text}},
                      sample, factor);
}

Tensor flux_loss(Context& ctx, const Denoiser& model, const TensorMap& inputs, int64_t row, float factor) {
  const Tensor sigmas = row_of(inputs.at("sigmas"), row);
  const train::NoisySample sample = train::interpolated(ctx, row_of(inputs.at("latents"), row),
                                                        row_of(inputs.at("noise"), row), sigmas.span<float>());
  TensorMap arguments{{"hidden_states", sample.noisy}, {"timestep", sigmas}};
  for (const char* name : {"encoder_hidden_states", "pooled_projections"})
    arguments[name] = row_of(inputs.at(name), row);
  if (model.info().distilled_guidance) {
    Tensor guidance = ctx.output(sigmas.shape());
    std::ranges::fill(guidance.span<float>(), 1.0f);
    arguments["guidance"] = guidance;
  }
  add_positions(ctx, {2, 3}, arguments);  // "img_ids of a 2 x 3 grid, txt_ids zero"
  return weighed_loss(ctx, model, arguments, sample, factor);
}

Job denoiser_job(Context& ctx, const ModelRegistry& registry, const Case& one, const TensorMap& inputs) {
  const auto targets = std::make_shared<WeightTargets>();
  LoadOptions options;
  options.targets = targets;
  const std::filesystem::path folder = open_pipeline_folder(one.model()).required(one.text("submodel"));
  const std::shared_ptr<Denoiser> model = registry.load_denoiser(ctx, open_model(folder), options);
  const bool flow = inputs.contains("sigmas");
  return {start(ctx, one, targets), [model, &one, &inputs, flow](Context& c, int64_t row, float factor) {
            if (flow) return flux_loss(c, *model, inputs, row, factor);
            return unet_loss(c, *model, one, inputs, row_of(inputs.at("encoder_hidden_states"), row), row, factor);
          }};
}

// A word whose vectors begin as the case says.
std::shared_ptr<train::TrainedPart> start_token(Context& ctx, const TensorMap& inputs, diffusion::ImageModel& model) {
  const Tensor& vectors = inputs.at("token_vectors");
  train::Recipe recipe;
  recipe.method = train::Method::textual_inversion;
  recipe.token = "<word>";
  recipe.token_vectors = static_cast<int>(vectors.dim(0));
  auto token = std::make_shared<train::TokenTraining>(ctx, recipe, model, model.texts, model.adaptable);
  std::ranges::copy(vectors.span<const float>(), token->parameters().front().value.data<float>());
  return token;
}

// The text encoder is trained, or a word of it, through a denoiser that stays as it is.
Job text_job(Context& ctx, const ModelRegistry& registry, const Case& one, const TensorMap& inputs) {
  const auto model = std::make_shared<diffusion::ImageModel>(
      diffusion::load_image_model(ctx, registry, open_pipeline_folder(one.model())));
  const auto part = std::ranges::find(model->adaptable, one.text("text_submodel"), &ModelPart::component);
  if (part == model->adaptable.end()) one.fail("text_submodel", "is no part of the model");
  const bool is_token = inputs.contains("token_vectors");
  return {is_token ? start_token(ctx, inputs, *model) : start(ctx, one, part->targets),
          [model, &one, &inputs](Context& c, int64_t row, float factor) {
            const Tensor ids = row_of(inputs.at("input_ids"), row);
            const std::vector<int64_t> tokens = integers_of(ids, "input_ids");
            TextBatch batch{.rows = ids.dim(0), .columns = ids.dim(1), .ids = {}, .lengths = {}};
            batch.ids.assign(tokens.begin(), tokens.end());
            batch.embeddings = model->texts.front().embeddings;
            const Tensor said = model->texts.front().encoder->forward(c, batch).last;  // [rows * tokens, hidden]
            return unet_loss(c, *model->denoiser, one, inputs, said.reshape({batch.rows, batch.columns, said.dim(1)}),
                             row, factor);
          }};
}

Tensor numbers(Context& ctx, const std::vector<double>& values) {
  Tensor tensor = ctx.output({static_cast<int64_t>(values.size())});
  std::ranges::transform(values, tensor.data<float>(), [](double value) { return static_cast<float>(value); });
  return tensor;
}

}  // namespace

Result run_train(Context& ctx, const Case& one) {
  ModelRegistry registry;
  models::register_all(registry);
  const TensorMap inputs = one.inputs(ctx);
  const ordered_json& training = one.description().at("training");
  const Job job = one.description().contains("text_submodel") ? text_job(ctx, registry, one, inputs)
                  : one.description().contains("submodel")    ? denoiser_job(ctx, registry, one, inputs)
                                                              : language_job(ctx, registry, one, inputs);
  const train::TrainerOptions options = options_of(training);
  train::Trainer trainer(ctx, *job.part, options);
  std::vector<double> losses, norms, rates;
  for (int64_t step = 0; step < training.at("steps").get<int64_t>(); ++step) {
    const train::StepResult result = trainer.step(ctx, [&](Context& c, int64_t micro, float factor) {
      return job.loss(c, step * options.accumulation + micro, factor);
    });
    losses.push_back(result.loss);
    norms.push_back(result.gradient_norm);
    rates.push_back(result.learning_rate);
  }
  TensorMap outputs{
      {"loss", numbers(ctx, losses)}, {"grad_norm", numbers(ctx, norms)}, {"learning_rate", numbers(ctx, rates)}};
  for (const train::Parameter& parameter : job.part->parameters()) outputs["final." + parameter.name] = parameter.value;
  return outputs;
}

}  // namespace diptych::golden
