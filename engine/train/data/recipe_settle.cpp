#include <algorithm>
#include <cmath>

#include "engine/core/error.h"
#include "engine/io/files/atomic_file.h"
#include "engine/train/data/recipe.h"

namespace diptych::train {
namespace {

// What users of each method commonly begin with: LoRA stands a tenfold rate, Lion a third of AdamW's, and Prodigy finds
// its own and wants 1.
double usual_learning_rate(const Recipe& recipe) {
  if (recipe.optimizer.name == OptimizerKind::prodigy) return 1;
  double rate = 2e-4;
  if (recipe.method == Method::full) rate = 2e-5;
  if (recipe.method == Method::textual_inversion) rate = 5e-3;
  if (recipe.optimizer.name == OptimizerKind::lion) rate /= 3;
  return rate;
}

class Checks {
 public:
  explicit Checks(const std::string& name) : name_(name) {}

  void refuse(bool wrong, const std::string& why, const std::string& to_do) const {
    if (wrong) throw Error(ErrorCategory::invalid_argument, "cannot use recipe", name_, why, to_do);
  }

 private:
  const std::string& name_;
};

void check_image(const Recipe& recipe, const Checks& checks) {
  const ImageOptions& image = recipe.image;
  checks.refuse(image.bucket_min > image.bucket_max, "image.bucket_min is above image.bucket_max", "exchange them");
  checks.refuse(image.random_crop && image.cache_latents.value_or(false),
                "image.random_crop wants other latents in every epoch, which image.cache_latents cannot give",
                "set one of them to false");
  checks.refuse(image.cache_text.value_or(false) && recipe.train_text_encoder,
                "image.cache_text keeps what a text encoder says that is to be trained",
                "set image.cache_text or train_text_encoder to false");
  checks.refuse(image.tag_separator.empty(), "image.tag_separator is empty", "write what stands between tags: \",\"");
  checks.refuse(image.cache_text.value_or(false) && recipe.method == Method::textual_inversion,
                "image.cache_text keeps what is said of a word that is to be learned", "set image.cache_text to false");
}

void check_method(const Recipe& recipe, const Checks& checks) {
  checks.refuse(!recipe.train_denoiser && !recipe.train_text_encoder && recipe.method != Method::textual_inversion,
                "train_denoiser and train_text_encoder are both false: there is nothing to train",
                "set one of them to true");
  checks.refuse(recipe.method == Method::textual_inversion && recipe.token.empty(),
                "textual inversion has no token to learn", "write the new word as \"token\"");
  checks.refuse(recipe.method == Method::textual_inversion && recipe.train_text_encoder,
                "textual inversion learns a word and leaves the text encoder as it is",
                "leave train_text_encoder out, or choose the method lora");
  checks.refuse(!recipe.train_text_encoder && (recipe.train_t5 || !recipe.text_encoder_targets.empty()),
                "train_t5 and text_encoder_targets belong to text encoders, which are not trained",
                "set train_text_encoder to true, or leave them out");
  checks.refuse(recipe.dtype == MasterType::bf16 && recipe.method != Method::full,
                "dtype bf16 is for the weights of a whole model, and adapters are small", "leave dtype out");
  checks.refuse(recipe.dtype == MasterType::bf16 && recipe.ema > 0,
                "ema averages values that change by less than bf16 can tell", "set ema to 0 or dtype to f32");
  checks.refuse(recipe.resident_gb && recipe.method == Method::full,
                "resident_gb leaves weights in the base's file, and the method full changes all of them",
                "leave resident_gb out, or choose the method lora");
  checks.refuse(recipe.lokr_factor == 0, "lokr_factor is 0", "give -1, or a factor of the layers' sizes");
  checks.refuse(recipe.schedule == RateSchedule::constant && recipe.schedule_cycles > 1,
                "schedule_cycles is given to a schedule without cycles", "use \"cosine_with_restarts\"");
}

}  // namespace

void settle(Recipe& recipe, const std::string& name) {
  const Checks checks(name);
  checks.refuse(recipe.base.empty(), "base is missing", "name the model to train: a file, a folder or a known name");
  checks.refuse(recipe.data.empty(), "data is missing", "name the file or folder of the examples");
  checks.refuse(recipe.output.empty(), "output is missing", "name a folder for what is trained");
  checks.refuse(recipe.steps && recipe.epochs, "steps and epochs are both given", "keep one of them");
  checks.refuse(std::ranges::all_of(recipe.data, &DataSource::regularization),
                "data holds regularization pictures only", "add the pictures to learn from");
  checks.refuse(recipe.warmup >= 1 && recipe.warmup != std::floor(recipe.warmup),
                "warmup is neither a share below 1 nor a whole number of steps", "correct it");
  checks.refuse(recipe.steps && recipe.warmup > static_cast<double>(*recipe.steps), "warmup is longer than the run",
                "shorten warmup or give more steps");
  checks.refuse(recipe.decay >= 1 && recipe.decay != std::floor(recipe.decay),
                "decay is neither a share below 1 nor a whole number of steps", "correct it");
  check_method(recipe, checks);
  check_image(recipe, checks);

  if (!recipe.steps && !recipe.epochs) recipe.epochs = 1;
  if (!recipe.alpha) recipe.alpha = recipe.rank;
  if (!recipe.learning_rate) recipe.learning_rate = usual_learning_rate(recipe);
  const bool learns_text = recipe.train_text_encoder || recipe.method == Method::textual_inversion;
  const bool same_caption = !recipe.image.shuffle_tags && recipe.image.tag_dropout == 0;
  if (!recipe.image.cache_latents) recipe.image.cache_latents = !recipe.image.random_crop;
  if (!recipe.image.cache_text) recipe.image.cache_text = !learns_text && same_caption;
  if (recipe.train_text_encoder && !recipe.text_encoder_learning_rate)
    recipe.text_encoder_learning_rate = *recipe.learning_rate;
}

Recipe read_recipe(const std::filesystem::path& path) {
  constexpr uint64_t most_bytes = 16u << 20;
  Recipe recipe = parse_recipe(read_text_file(path, most_bytes), path.string());
  recipe.folder = path.parent_path();
  return recipe;
}

std::filesystem::path resolved(const Recipe& recipe, const std::string& path) {
  return recipe.folder / path;  // an absolute path replaces the folder
}

int64_t warmup_steps(const Recipe& recipe, int64_t steps) {
  if (recipe.warmup >= 1) return std::min(steps, static_cast<int64_t>(recipe.warmup));
  // A share leaves at least one step behind it.
  return std::min(std::max<int64_t>(0, steps - 1),
                  static_cast<int64_t>(std::ceil(recipe.warmup * static_cast<double>(steps))));
}

int64_t decay_steps(const Recipe& recipe, int64_t steps) {
  const int64_t left = steps - warmup_steps(recipe, steps);
  const double wanted = recipe.decay >= 1 ? recipe.decay : std::ceil(recipe.decay * static_cast<double>(steps));
  return std::min(left, static_cast<int64_t>(wanted));
}

}  // namespace diptych::train
