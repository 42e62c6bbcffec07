#include <algorithm>

#include "app/cli/finetune_tasks.h"
#include "app/cli/training_pictures.h"
#include "engine/train/image_task.h"

namespace diptych::cli {
namespace {

constexpr size_t most_warnings = 20;  // of thousands of pictures that are meant to look alike

void describe_pictures(const train::PictureData& data) {
  say(std::to_string(data.training.pictures.size()) + " pictures, held out " +
      std::to_string(data.validation.pictures.size()));
  for (const train::PictureDataset* one : {&data.training, &data.validation}) {
    for (const train::Rejected& rejected : one->rejected)
      say("rejected: " + rejected.origin.file + ", " + rejected.origin.place + ": " + rejected.reason);
    const size_t shown = std::min(one->warnings.size(), most_warnings);
    for (size_t i = 0; i < shown; ++i) say("warning: " + one->warnings[i].file + ": " + one->warnings[i].why);
    if (shown < one->warnings.size()) say("and " + std::to_string(one->warnings.size() - shown) + " warnings more");
    for (const auto& [note, times] : one->notes) say(note + ": " + std::to_string(times));
  }
}

}  // namespace

train::RunResult finetune_image(const Finetune& finetune) {
  const train::Recipe& recipe = finetune.recipe;
  // Data first: what is wrong with them should be told before anything is loaded.
  train::PictureData data = train::load_picture_data(recipe, finetune.ctx.pool());
  describe_pictures(data);
  train::ImageBase base(finetune.ctx, finetune.registry, train::image_base_ref(recipe, finetune.base), finetune.load);
  train::ImageTask task(finetune.ctx, recipe, base, std::move(data), [&](double share) {
    finetune.line.show("encoding pictures and captions: " + std::to_string(static_cast<int>(share * 100)) + "%");
  });
  finetune.line.clear();
  if (!task.cache_problem().empty()) say("encodings are not kept: " + task.cache_problem());
  TrainingPictures pictures(finetune.ctx, base, recipe);
  if (recipe.sample_every > 0 && !finetune.resume) pictures.write(0);  // what the base makes, to compare with
  return finetune.run(task, [&](int64_t step) {
    finetune.line.clear();
    pictures.write(step);
  });
}

}  // namespace diptych::cli
