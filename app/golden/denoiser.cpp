// Kind denoiser: one forward of an image model's network.
#include "app/golden/kinds.h"
#include "engine/core/error.h"
#include "engine/model/registry.h"
#include "engine/model/weight_targets.h"
#include "engine/ops/loss.h"
#include "engine/train/full.h"
#include "models/registry.h"

namespace diptych::golden {
namespace {

void check_target(const Tensor& sample, const Tensor& target) {
  if (sample.shape() == target.shape()) return;
  throw Error(ErrorCategory::invalid_file, "cannot run case", "target", "its shape is not that of the sample",
              "make the case again (tests/golden/README.md)");
}

// The mean squared error that a trainer of such a network minimises, and all of its gradients.
void add_loss(Context& ctx, const Denoiser& model, train::FullTraining& part, const TensorMap& inputs,
              const nlohmann::json& arguments, const Tensor& target, TensorMap& outputs) {
  Tape tape;
  part.watch(tape);
  ctx.tape = &tape;
  const Tensor sample = model.evaluate(ctx, inputs, arguments).at("sample");
  check_target(sample, target);
  const std::vector<float> factors(static_cast<size_t>(target.dim(0)), 1 / static_cast<float>(target.dim(0)));
  const Tensor loss = mean_squared_error(ctx, sample, target, factors);
  ctx.tape = nullptr;
  Tensor one = ctx.output({1});
  *one.data<float>() = 1;
  tape.backward(ctx, loss, one);
  outputs["loss"] = loss;
  for (size_t i = 0; i < part.parameters().size(); ++i) {
    const train::Parameter& parameter = part.parameters()[i];
    outputs["grad." + parameter.name] = part.as_stored(ctx, i, parameter.gradient);
  }
}

}  // namespace

Result run_denoiser(Context& ctx, const Case& one) {
  ModelRegistry registry;
  models::register_all(registry);
  LoadOptions options;
  options.targets = std::make_shared<WeightTargets>();
  const auto model = registry.load_denoiser(ctx, open_model(one.model()), options);
  TensorMap inputs = one.inputs(ctx);
  const auto target = inputs.extract("target");  // not the network's
  const auto& description = one.description();
  const nlohmann::json arguments = description.value("arguments", nlohmann::ordered_json::object());
  TensorMap outputs = model->evaluate(ctx, inputs, arguments);
  if (!target.empty()) {
    train::FullTraining part(ctx, options.targets);
    add_loss(ctx, *model, part, inputs, arguments, target.mapped(), outputs);
  }
  return outputs;
}

}  // namespace diptych::golden
