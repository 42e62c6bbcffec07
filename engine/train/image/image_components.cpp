#include "engine/train/image/image_components.h"

#include <algorithm>
#include <utility>

#include "engine/core/error.h"
#include "engine/core/random.h"
#include "engine/train/adapters/make_part.h"
#include "engine/train/adapters/trained_parts.h"

namespace diptych::train {
namespace {

using diffusion::TextKind;

// Attention's projections, as diffusers' training scripts adapt them.
Recipe for_denoiser(Recipe recipe) {
  if (recipe.targets.empty()) recipe.targets = {"to_q", "to_k", "to_v", "to_out.0"};
  return recipe;
}

Recipe for_text_encoder(Recipe recipe, const std::string& component, TextKind kind) {
  recipe.targets = recipe.text_encoder_targets;
  if (recipe.targets.empty()) {
    switch (kind) {
      case TextKind::clip:
        recipe.targets = {"q_proj", "k_proj", "v_proj", "out_proj"};
        break;
      case TextKind::t5:
        recipe.targets = {"q", "k", "v", "o"};
        break;
      case TextKind::language_model:
        recipe.targets = {"q_proj", "k_proj", "v_proj", "o_proj"};
    }
  }
  recipe.conv_rank = 0;
  // Where the denoiser is quantized the encoders need not be.
  if (recipe.method == Method::qlora) recipe.method = Method::lora;
  // Encoders have layers of the same names, which should not draw the same.
  recipe.seed = RandomStream(recipe.seed, component).bits(0);
  return recipe;
}

// Places among the base's text encoders.
std::vector<size_t> trained_texts(const Recipe& recipe, const diffusion::ImageModel& model) {
  const std::vector<diffusion::TextSlot>& slots = diffusion::traits_of(model.family).texts;
  std::vector<size_t> clips, others;
  for (size_t i = 0; i < model.texts.size(); ++i) {
    if (model.texts[i].encoder) (slots[i].kind == TextKind::clip ? clips : others).push_back(i);
  }
  if (clips.empty()) return others;
  if (recipe.train_t5) clips.insert(clips.end(), others.begin(), others.end());
  return clips;
}

std::string component_of_text(size_t place) {
  return "text_encoder" + (place == 0 ? std::string() : "_" + std::to_string(place + 1));
}

void check_text_method(const Recipe& recipe, TextKind kind) {
  if (recipe.method != Method::full || kind == TextKind::clip) return;
  const bool t5 = kind == TextKind::t5;
  throw Error(ErrorCategory::unsupported, "cannot train",
              t5 ? "all weights of a T5" : "all weights of the language model that reads the texts",
              t5 ? "the positions that all its layers share have no gradient" : "it is a model of its own",
              "train an adapter, or leave train_text_encoder out");
}

void add_component(ImageComponents& made, std::vector<TrainedParts::Member>& members, const std::string& component,
                   PartOfRecipe part, float factor = 1) {
  made.components.push_back(
      {component, part.adapter, part.adapter == nullptr ? static_cast<FullTraining*>(part.part.get()) : nullptr});
  members.push_back({component, std::move(part.part), factor});
}

}  // namespace

bool trains_texts(const Recipe& recipe) {
  return recipe.train_text_encoder || recipe.method == Method::textual_inversion;
}

ImageComponents make_image_components(Context& ctx, const Recipe& recipe, ImageBase& base) {
  ImageComponents made;
  const diffusion::ImageModel& model = base.model();
  if (trains_texts(recipe) && model.texts.empty()) {
    throw Error(ErrorCategory::invalid_argument, "cannot train", "a text encoder", "the base reads no texts",
                "train its denoiser");
  }
  std::vector<ModelPart> texts;
  if (trains_texts(recipe)) texts = base.hold_text_encoders(ctx);
  const std::shared_ptr<WeightTargets> denoiser = base.load_denoiser(ctx);
  if (recipe.method == Method::textual_inversion) {
    auto token = std::make_unique<TokenTraining>(ctx, recipe, model, base.texts(), texts);
    made.token = token.get();
    made.part = std::move(token);
    return made;
  }
  std::vector<TrainedParts::Member> members;
  if (recipe.train_text_encoder) {
    const double rate = recipe.learning_rate.value_or(1e-4);
    const auto factor = static_cast<float>(recipe.text_encoder_learning_rate.value_or(rate) / rate);
    for (const size_t place : trained_texts(recipe, model)) {
      const std::string component = component_of_text(place);
      const TextKind kind = diffusion::traits_of(model.family).texts[place].kind;
      check_text_method(recipe, kind);
      const auto part = std::ranges::find(texts, component, &ModelPart::component);
      add_component(made, members, component,
                    make_trained_part(ctx, part->targets, for_text_encoder(recipe, component, kind), component),
                    factor);
    }
  }
  if (recipe.train_denoiser) {
    add_component(made, members, "denoiser", make_trained_part(ctx, denoiser, for_denoiser(recipe), "denoiser"));
  }
  // The denoiser alone has its parameters' own names: checkpoints of before have them.
  made.part = members.size() == 1 && recipe.train_denoiser ? std::move(members.front().part)
                                                           : std::make_unique<TrainedParts>(std::move(members));
  return made;
}

}  // namespace diptych::train
