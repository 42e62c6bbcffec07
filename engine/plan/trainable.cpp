#include "engine/plan/trainable.h"

#include <algorithm>
#include <functional>
#include <memory>
#include <vector>

#include "engine/core/context.h"
#include "engine/core/error.h"
#include "engine/diffusion/image_run.h"
#include "engine/diffusion/solvers/model_sampling.h"
#include "engine/ops/loss.h"
#include "engine/train/adapters/make_part.h"
#include "engine/train/image/image_task.h"
#include "engine/train/runs/trainer.h"
#include "engine/train/text_task.h"

namespace diptych::plan {
namespace {

train::Recipe bare_recipe(train::Method method) {
  train::Recipe recipe;
  recipe.base = "base";
  recipe.data.emplace_back().path = "data";
  recipe.output = "output";
  recipe.method = method;
  train::settle(recipe, "the recipe");
  return recipe;
}

// Empty, or why not.
std::string refusal(const std::function<void()>& attempt) {
  try {
    attempt();
    return {};
  } catch (const Error& error) {
    return error.thing() + ": " + error.why();
  }
}

void try_text_step(Context& ctx, const train::TextBase& base, train::Method method) {
  const train::PartOfRecipe made = train::make_trained_part(ctx, base.targets, bare_recipe(method));
  train::Trainer trainer(ctx, *made.part, {});
  Batch batch = Batch::single({0, 0, 0, 0});
  batch.output_rows = {0, 1, 2, 3};
  trainer.step(ctx, [&](Context& c, int64_t, float factor) {
    const std::vector<int32_t> labels(4, 0);
    return cross_entropy(c, base.model->hidden(c, batch), base.model->head(), labels,
                         std::vector<float>(4, factor / 4));
  });
}

// One picture of the least size: on meta nobody opens it. How many values are trained.
int64_t try_image_step(Context& ctx, const ModelRegistry& registry, const std::filesystem::path& path,
                       train::Method method, bool texts) {
  constexpr int64_t least_side = 64;
  train::Recipe recipe = bare_recipe(method);
  recipe.train_text_encoder = texts;
  if (texts) recipe.image.cache_text = false;
  train::ImageBase base(ctx, registry, train::image_base_ref(recipe, path));
  const int64_t multiple = base.model().side_multiple();
  const int64_t side = std::max<int64_t>(multiple, least_side / multiple * multiple);
  train::TrainingPicture picture;
  picture.item.file = "picture.png";
  picture.item.caption = "0";  // a class, too
  picture.size = picture.bucket = {side, side};
  picture.sha256 = std::string(64, '0');
  train::PictureData data;
  data.training.pictures = {picture};
  train::ImageTask task(ctx, recipe, base, std::move(data));
  train::Trainer trainer(ctx, task.part(), {});
  trainer.step(ctx, [&](Context& c, int64_t, float factor) { return task.next_loss(c, factor); });
  int64_t values = 0;
  for (const train::Parameter& parameter : task.part().parameters()) values += parameter.value.elements();
  return values;
}

Trainable trainable_text_model(const ModelRegistry& registry, const std::filesystem::path& path) {
  Trainable result;
  Context ctx(meta_device, 1);
  const train::TextBase base = train::load_text_base(ctx, registry, path);
  result.quantized = std::ranges::any_of(base.targets->all(), [](const auto& target) {
    return !target->is_vector() && is_quantized(target->weight.dtype);
  });
  result.parameters = base.source.weights->parameters();
  result.why_not = refusal([&] { try_text_step(ctx, base, train::Method::lora); });
  result.adapters = result.why_not.empty();
  result.full = result.adapters && refusal([&] { try_text_step(ctx, base, train::Method::full); }).empty();
  return result;
}

Trainable trainable_image_model(const ModelRegistry& registry, const std::filesystem::path& path) {
  const auto attempt = [&](train::Method method, bool texts = false) {
    Context ctx(meta_device, 1);
    return try_image_step(ctx, registry, path, method, texts);
  };
  Trainable result;
  {
    Context ctx(meta_device, 1);
    const train::ImageBase base(ctx, registry, train::image_base_ref(bare_recipe(train::Method::lora), path));
    diffusion::ImageRequest one;
    if (base.model().family == diffusion::ImageFamily::dit) one.classes = {0};
    const diffusion::ImageRequest usual = diffusion::completed(base.model(), one);
    result.side = static_cast<int>(usual.width);
    result.side_multiple = static_cast<int>(base.model().side_multiple());
    result.flow = diffusion::ModelSampling(base.model().scheduler).space() == diffusion::Space::flow;
    result.words = train::TokenTraining::suits(base.model());
    result.text_encoders = !base.model().texts.empty();
  }
  result.why_not = refusal([&] { attempt(train::Method::lora); });
  result.adapters = result.why_not.empty();
  result.full = result.adapters && refusal([&] { result.parameters = attempt(train::Method::full); }).empty();
  result.text_encoders =
      result.text_encoders && result.adapters && refusal([&] { attempt(train::Method::lora, true); }).empty();
  result.words = result.words && result.text_encoders;
  return result;
}

}  // namespace

Trainable trainable_model(const ModelRegistry& registry, const std::filesystem::path& path, train::BaseKind kind) {
  Trainable result;
  try {
    if (kind == train::BaseKind::image) return trainable_image_model(registry, path);
    return trainable_text_model(registry, path);
  } catch (const Error& error) {
    result.why_not = error.why();
    return result;
  }
}

}  // namespace diptych::plan
