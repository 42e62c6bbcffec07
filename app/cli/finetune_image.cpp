#include <algorithm>
#include <memory>
#include <span>

#include "app/cli/finetune_tasks.h"
#include "app/cli/training_pictures.h"

namespace diptych::cli {
namespace {

// Large sets have tens of thousands; the window's Data step shows them beside their pictures.
constexpr size_t most_warnings = 20;

void say_warnings(const std::vector<train::PictureWarning>& warnings) {
  const size_t shown = std::min(warnings.size(), most_warnings);
  for (const train::PictureWarning& one : std::span(warnings).first(shown))
    say("warning: " + one.file + ": " + one.why);
  if (shown < warnings.size()) say("and " + std::to_string(warnings.size() - shown) + " more warnings");
}

}  // namespace

void describe_pictures(const train::PictureData& data) {
  say(std::to_string(data.training.pictures.size()) + " pictures, held out " +
      std::to_string(data.validation.pictures.size()));
  for (const train::PictureDataset* one : {&data.training, &data.validation}) {
    say_rejected(one->rejected, one->notes);
    say_warnings(one->warnings);
  }
}

ShowSamples picture_samples(Context& ctx, const train::Recipe& recipe, train::ImageBase& base) {
  auto pictures = std::make_shared<TrainingPictures>(ctx, base, recipe);
  return [pictures](int64_t step) { pictures->write(step); };
}

}  // namespace diptych::cli
