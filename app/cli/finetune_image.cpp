#include <memory>

#include "app/cli/finetune_tasks.h"
#include "app/cli/training_pictures.h"

namespace diptych::cli {

void describe_pictures(const train::PictureData& data) {
  say(std::to_string(data.training.pictures.size()) + " pictures, held out " +
      std::to_string(data.validation.pictures.size()));
  for (const train::PictureDataset* one : {&data.training, &data.validation}) {
    for (const train::Rejected& rejected : one->rejected)
      say("rejected: " + rejected.origin.file + ", " + rejected.origin.place + ": " + rejected.reason);
    for (const train::PictureWarning& warning : one->warnings) say("warning: " + warning.file + ": " + warning.why);
    for (const auto& [note, times] : one->notes) say(note + ": " + std::to_string(times));
  }
}

ShowSamples picture_samples(Context& ctx, const train::Recipe& recipe, train::ImageBase& base) {
  auto pictures = std::make_shared<TrainingPictures>(ctx, base, recipe);
  return [pictures](int64_t step) { pictures->write(step); };
}

}  // namespace diptych::cli
