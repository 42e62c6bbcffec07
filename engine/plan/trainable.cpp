#include "engine/plan/trainable.h"

#include <algorithm>
#include <functional>
#include <memory>
#include <vector>

#include "engine/core/context.h"
#include "engine/core/error.h"
#include "engine/ops/loss.h"
#include "engine/train/adapter_training.h"
#include "engine/train/full.h"
#include "engine/train/text_task.h"
#include "engine/train/trainer.h"

namespace diptych::plan {
namespace {

// Empty, or why not.
std::string try_step(Context& ctx, const CausalLm& model,
                     const std::function<std::unique_ptr<train::TrainedPart>()>& part) {
  try {
    const std::unique_ptr<train::TrainedPart> trained = part();
    train::Trainer trainer(ctx, *trained, {});
    Batch batch = Batch::single({0, 0, 0, 0});
    batch.output_rows = {0, 1, 2, 3};
    trainer.step(ctx, [&](Context& c, int64_t, float factor) {
      const std::vector<int32_t> labels(4, 0);
      return cross_entropy(c, model.hidden(c, batch), model.head(), labels, std::vector<float>(4, factor / 4));
    });
    return {};
  } catch (const Error& error) {
    return error.thing() + ": " + error.why();
  }
}

}  // namespace

Trainable trainable_text_model(const ModelRegistry& registry, const std::filesystem::path& path) {
  Trainable result;
  try {
    Context ctx(meta_device, 1);
    const train::TextBase base = train::load_text_base(ctx, registry, path);
    result.quantized = std::ranges::any_of(base.targets->all(), [](const auto& target) {
      return !target->is_vector() && is_quantized(target->weight.dtype);
    });
    result.parameters = base.source.weights->parameters();
    result.why_not = try_step(ctx, *base.model, [&] {
      return std::make_unique<train::AdapterTraining>(ctx, base.targets, train::AdapterOptions{});
    });
    result.adapters = result.why_not.empty();
    result.full =
        result.adapters && !result.quantized &&
        try_step(ctx, *base.model, [&] { return std::make_unique<train::FullTraining>(ctx, base.targets); }).empty();
  } catch (const Error& error) {
    result.why_not = error.why();
  }
  return result;
}

}  // namespace diptych::plan
