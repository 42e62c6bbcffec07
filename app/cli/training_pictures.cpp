#include "app/cli/training_pictures.h"

#include <cstdio>

#include "app/cli/finetune_tasks.h"
#include "app/cli/image_files.h"
#include "engine/core/error.h"
#include "engine/diffusion/recipe/parameters_text.h"
#include "engine/diffusion/recipe/recipe_reader.h"
#include "engine/io/files/atomic_file.h"
#include "engine/train/image/sample_picture.h"

namespace diptych::cli {
namespace {

std::filesystem::path file_of(const train::Recipe& recipe, int64_t step, size_t prompt) {
  char name[64];
  std::snprintf(name, sizeof name, "step-%06lld-%zu.png", static_cast<long long>(step), prompt + 1);
  return train::resolved(recipe, recipe.output) / "samples" / name;
}

}  // namespace

void TrainingPictures::write(int64_t step) {
  if (recipe_.sample_prompts.empty()) return;
  for (size_t i = 0; i < recipe_.sample_prompts.size(); ++i) {
    const diffusion::ImageResult result = train::sample_picture(ctx_, base_, recipe_, recipe_.sample_prompts[i]);
    const diffusion::ImageRequest request = train::sample_request(base_.model(), recipe_, recipe_.sample_prompts[i]);
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
                {.parameters = write_parameters(described),
                 .recipe = write_recipe(described),
                 .source = DigitalSource::trained_model});
    say("sample: " + file.string());
  }
  base_.release_encoders(ctx_);
}

}  // namespace diptych::cli
