// Kind train: a short training run; loss, norm and rate of every step, and the weights it ends with.
#include <numeric>

#include "app/golden/kinds.h"
#include "engine/core/error.h"
#include "engine/model/registry.h"
#include "engine/model/weight_targets.h"
#include "engine/ops/loss.h"
#include "engine/train/lora.h"
#include "engine/train/trainer.h"
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
  train::LoraOptions options{.rank = config.at("r"), .alpha = config.at("lora_alpha")};
  options.rank_stabilised = config.value("use_rslora", false);
  options.targets = config.at("target_modules").get<std::vector<std::string>>();
  auto lora = std::make_shared<train::Lora>(ctx, targets, options);
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
  return {start_lora(ctx, one, targets), [model, &inputs](Context& c, int64_t row, float factor) {
            return language_loss(c, *model, row_of(inputs.at("input_ids"), row), row_of(inputs.at("labels"), row),
                                 factor);
          }};
}

Tensor numbers(Context& ctx, const std::vector<double>& values) {
  Tensor tensor = ctx.output({static_cast<int64_t>(values.size())}, DType::f64);
  std::ranges::copy(values, tensor.data<double>());
  return tensor;
}

}  // namespace

Result run_train(Context& ctx, const Case& one) {
  ModelRegistry registry;
  models::register_all(registry);
  const TensorMap inputs = one.inputs(ctx);
  const ordered_json& training = one.description().at("training");
  const Job job = language_job(ctx, registry, one, inputs);
  const train::TrainerOptions options = options_of(training);
  train::Trainer trainer(ctx, job.part, options);
  std::vector<double> losses, norms, rates;
  for (int64_t step = 0; step < training.at("steps").get<int64_t>(); ++step) {
    const train::StepResult result = trainer.step(ctx, [&](Context& c, int64_t micro, float factor) {
      return job.loss(c, step * options.accumulation + micro, factor);
    });
    losses.push_back(result.loss);
    norms.push_back(result.gradient_norm);
    rates.push_back(result.learning_rate);
  }
  TensorMap outputs{{"loss", numbers(ctx, losses)},
                    {"grad_norm", numbers(ctx, norms)},
                    {"learning_rate", numbers(ctx, rates)}};
  for (const train::Parameter& parameter : job.part->parameters()) outputs["final." + parameter.name] = parameter.value;
  return outputs;
}

}  // namespace diptych::golden
