// What a recipe trains of an image model: the denoiser, text encoders, both, or a new word of the text encoders.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/train/adapters/adapter_training.h"
#include "engine/train/data/recipe.h"
#include "engine/train/full.h"
#include "engine/train/image/image_base.h"
#include "engine/train/image/token_training.h"
#include "engine/train/trained_part.h"

namespace diptych::train {

struct TrainedComponent {
  std::string component;               // "denoiser", "text_encoder", "text_encoder_2", …
  AdapterTraining* adapter = nullptr;  // one of these
  FullTraining* full = nullptr;
};

struct ImageComponents {
  std::unique_ptr<TrainedPart> part;         // of all
  std::vector<TrainedComponent> components;  // in the order of text encoders and denoiser
  TokenTraining* token = nullptr;            // textual inversion: then there are no components
};

// Whether texts go through encoders that change, and therefore cannot be encoded beforehand.
bool trains_texts(const Recipe& recipe);

// Loads the denoiser, and the text encoders where something of them is trained, for good. Trained are the CLIPs, or the
// one text encoder that is none; T5 beside CLIPs where the recipe says so. Text encoders have the learning rate
// `text_encoder_learning_rate`. Error (invalid_argument): the base reads no texts; as make_trained_part and
// TokenTraining.
ImageComponents make_image_components(Context& ctx, const Recipe& recipe, ImageBase& base);

}  // namespace diptych::train
