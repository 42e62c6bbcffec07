// Kind denoiser: one forward of an image model's network.
#include <cmath>

#include "app/golden/kinds.h"
#include "engine/core/error.h"
#include "engine/model/registry.h"
#include "models/registry.h"

namespace diptych::golden {
namespace {

// Mean squared error, as the trainer of such a network minimises it.
Tensor loss_of(Context& ctx, const Tensor& sample, const Tensor& target) {
  if (sample.shape() != target.shape()) {
    throw Error(ErrorCategory::invalid_file, "cannot run case", "target", "its shape is not that of the sample",
                "make the case again (tests/golden/README.md)");
  }
  const auto got = sample.span<float>(), want = target.span<float>();
  double sum = 0;
  for (size_t i = 0; i < got.size(); ++i) sum += std::pow(static_cast<double>(got[i]) - want[i], 2);
  Tensor loss = ctx.output({1});
  loss.data<float>()[0] = static_cast<float>(sum / static_cast<double>(got.size()));
  return loss;
}

}  // namespace

Result run_denoiser(Context& ctx, const Case& one) {
  ModelRegistry registry;
  models::register_all(registry);
  const auto model = registry.load_denoiser(ctx, open_model(one.model()));
  TensorMap inputs = one.inputs(ctx);
  const auto target = inputs.extract("target");  // not the network's
  const auto& description = one.description();
  TensorMap outputs = model->evaluate(ctx, inputs, description.value("arguments", nlohmann::ordered_json::object()));
  if (!target.empty()) outputs["loss"] = loss_of(ctx, outputs.at("sample"), target.mapped());
  return outputs;
}

}  // namespace diptych::golden
