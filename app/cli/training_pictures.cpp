#include "app/cli/training_pictures.h"

#include <algorithm>
#include <charconv>
#include <cstdio>

#include "app/cli/finetune_tasks.h"
#include "app/cli/image_files.h"
#include "engine/core/error.h"
#include "engine/diffusion/image_run.h"
#include "engine/diffusion/noise_streams.h"
#include "engine/diffusion/parameters_text.h"
#include "engine/diffusion/recipe_reader.h"
#include "engine/io/atomic_file.h"

namespace diptych::cli {
namespace {

constexpr int most_steps = 20;  // a look, not a work

int64_t at_most_multiple(int64_t side, int64_t multiple) {
  return std::max(multiple, side / multiple * multiple);
}

diffusion::ImageRequest request_of(const diffusion::ImageModel& model, const train::Recipe& recipe,
                                   const std::string& prompt) {
  diffusion::ImageRequest request;
  if (model.family == diffusion::ImageFamily::dit) {
    int32_t label = 0;
    std::from_chars(prompt.data(), prompt.data() + prompt.size(), label);
    request.classes = {label};
  } else {
    request.prompt = prompt;
  }
  request.clip_skip = recipe.image.clip_skip;
  request.steps = std::min(most_steps, diffusion::traits_of(model.family).usual.steps);
  request.width = at_most_multiple(recipe.image.width, model.side_multiple());
  request.height = at_most_multiple(recipe.image.height, model.side_multiple());
  return diffusion::completed(model, request);
}

std::filesystem::path file_of(const train::Recipe& recipe, int64_t step, size_t prompt) {
  char name[64];
  std::snprintf(name, sizeof name, "step-%06lld-%zu.png", static_cast<long long>(step), prompt + 1);
  return train::resolved(recipe, recipe.output) / "samples" / name;
}

}  // namespace

void TrainingPictures::write(int64_t step) {
  if (recipe_.sample_prompts.empty()) return;
  const diffusion::ImageModel& model = base_.with_encoders(ctx_);
  for (size_t i = 0; i < recipe_.sample_prompts.size(); ++i) {
    const diffusion::ImageRequest request = request_of(model, recipe_, recipe_.sample_prompts[i]);
    diffusion::PhiloxNoise noise(recipe_.seed);
    const diffusion::ImageResult result = diffusion::make_images(ctx_, model, request, noise);
    diffusion::Recipe described;
    described.program = "Diptych";
    described.engine_version = DIPTYCH_VERSION;
    described.prompt = recipe_.sample_prompts[i];
    described.model.name = std::filesystem::path(recipe_.base).filename().string();
    described.seed = recipe_.seed;
    described.rng = "philox";
    described.steps = request.steps;
    described.width = static_cast<int>(request.width);
    described.height = static_cast<int>(request.height);
    described.guidance = request.guidance.scale;
    const std::filesystem::path file = file_of(recipe_, step, i);
    make_folder(file.parent_path());
    write_image(file, picture_of(result.images, 0),
                {.parameters = write_parameters(described), .recipe = write_recipe(described), .generated = true});
    say("sample: " + file.string());
  }
  base_.release_encoders(ctx_);
}

}  // namespace diptych::cli
