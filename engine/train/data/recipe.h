// A training recipe: everything that `diptych finetune RECIPE.json` is told.
//
// JSON with one key per member of the same name; only base, data and output are required. Paths are relative to the
// recipe's folder. Numbers without another unit are optimizer steps.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/train/optimizers/optimizer_kind.h"

namespace diptych::train {

enum class Method { lora, qlora, dora, loha, lokr, full, textual_inversion };
enum class RateSchedule { constant, linear, cosine, cosine_with_restarts, polynomial, warmup_stable_decay };
// What the way back makes again in place of keeping it: norms and activations (hardly slower), or whole layers.
enum class Recompute { none, selective, full };
enum class MasterType { f32, bf16 };

// What records look like, where their keys and the file's name should not tell.
enum class RecordShape { automatic, messages, conversations, completion, preference, text, images };
enum class Documents { file, blank_lines };     // what separates plain text into documents
enum class Overlong { truncate, drop, split };  // what happens to an example of more tokens than `sequence`

enum class Objective { automatic, causal, dpo, diffusion };
// Which tokens count in the loss: answers of all turns, the last answer, all behind the first prompt, or every token.
enum class LossOn { answers, last_answer, after_prompt, all };
enum class PredictionTarget { automatic, epsilon, v, flow };  // automatic: as the base's files say
enum class TimestepSampling { uniform, logit_normal };

// One file or folder of examples. In JSON also a plain string, which is its path.
struct DataSource {
  std::string path;
  RecordShape shape = RecordShape::automatic;
  Documents documents = Documents::file;
  std::map<std::string, std::string> columns;  // CSV: field (prompt, completion, text, …) to the column's title
  int repeats = 1;                             // pictures: in an epoch; times what a folder's name says
  bool regularization = false;                 // pictures of the class, for prior preservation
  std::string caption;                         // of pictures that have none beside them
  std::string caption_ending;                  // ".txt"; empty: .txt, .caption
  bool caption_lines = false;                  // each line of a caption is one of its own; one of them is shown
  std::string masks;                           // folder of masks with the pictures' names
  bool operator==(const DataSource&) const = default;
};

// In JSON a number (a share of the records) or a path.
struct Validation {
  double fraction = 0;
  std::string path;
  bool operator==(const Validation&) const = default;
};

// In JSON also a plain string, which is its name. What an optimizer does not use is ignored by it.
struct RecipeOptimizer {
  OptimizerKind name = OptimizerKind::adamw;
  std::optional<double> beta_1, beta_2, epsilon;  // none: the optimizer's own
  double weight_decay = 0.01;
  double momentum = 0;                // sgd; of muon 0.95, where it is 0
  bool relative_step = false;         // adafactor
  double initial_step_size = 1e-6;    // prodigy: d0
  double step_size_factor = 1;        // prodigy: d_coef
  bool safeguard_warmup = false;      // prodigy
  bool bias_correction_rate = false;  // prodigy: use_bias_correction
  bool operator==(const RecipeOptimizer&) const = default;
};

struct LossOptions {
  Objective objective = Objective::automatic;
  LossOn on = LossOn::answers;
  double dpo_beta = 0.1;
  double dpo_label_smoothing = 0;
  PredictionTarget prediction = PredictionTarget::automatic;
  double min_snr_gamma = 0;       // 0: off
  double offset_noise = 0;        // 0: off
  double prior_preservation = 1;  // weight of regularization pictures
  TimestepSampling timestep_sampling = TimestepSampling::uniform;
  double logit_mean = 0, logit_std = 1;  // logit_normal
  double timestep_shift = 1;             // of flow models
  bool zero_terminal_snr = false;
  bool masked = false;  // pictures' masks weigh the loss
  bool operator==(const LossOptions&) const = default;
};

struct ImageOptions {
  int width = 512, height = 512;            // in JSON `resolution`: a number or [width, height]
  bool buckets = true;                      // aspect ratios; else all pictures get this size
  int bucket_step = 64;                     // pixels
  int bucket_min = 256, bucket_max = 2048;  // a side, pixels
  bool upscale = false;                     // whether small pictures are enlarged to their bucket
  bool flip = false;
  bool random_crop = false;
  double caption_dropout = 0;  // share of pictures that are shown without caption
  double tag_dropout = 0;
  bool shuffle_tags = false;
  int keep_tags = 0;  // first tags that stay where they are
  std::string tag_separator = ",";
  std::string caption_prefix;
  // On disk; set after reading: unless they would be others in every epoch.
  std::optional<bool> cache_latents, cache_text;
  bool latent_means = false;  // of the autoencoder's distributions, in place of draws from them
  int clip_skip = 0;          // layers of CLIP left out at its end
  bool operator==(const ImageOptions&) const = default;
};

struct Recipe {
  std::string base;
  std::string vae;                         // of an image model, in place of the base's own; where its file has none
  std::vector<std::string> text_encoders;  // the same
  std::vector<DataSource> data;            // in JSON a path, a source, or a list of them
  std::string output;
  Validation validation;

  Method method = Method::lora;
  int rank = 16;
  std::optional<double> alpha;              // set after reading: the rank, where none is given
  std::vector<std::string> targets;         // layers by name or ending; empty: all linear ones
  std::map<std::string, int> rank_pattern;  // layers by name or ending
  std::map<std::string, double> alpha_pattern;
  bool rank_stabilized = false;  // rsLoRA: alpha / sqrt(rank)
  double lora_plus_ratio = 1;    // LoRA+: B's learning rate over A's
  double adapter_dropout = 0;
  int conv_rank = 0;     // kernels larger than 1x1: all, unless targets name some; 0: not adapted
  int lokr_factor = -1;  // -1: the most even split
  bool train_denoiser = true, train_text_encoder = false;  // of an image model; text encoders: its CLIPs …
  bool train_t5 = false;                                   // … and the T5 beside them
  std::optional<double> text_encoder_learning_rate;        // set after reading: learning_rate
  std::vector<std::string> text_encoder_targets;           // as `targets`; empty: attention's projections
  std::string token;                                       // textual inversion: the new word
  std::string token_start;                                 // word whose embedding it begins with; empty: "*"
  int token_vectors = 1;

  std::optional<int64_t> steps;  // exactly one of the two after reading
  std::optional<double> epochs;
  int batch = 1;        // examples, or packed sequences, per forward
  int accumulate = 1;   // forwards per step
  int sequence = 1024;  // tokens
  bool packing = true;
  Overlong overlong = Overlong::truncate;
  bool chat_template = true;  // else prompt and completion are joined as they stand

  std::optional<double> learning_rate;  // set after reading: what suits method and optimizer
  RateSchedule schedule = RateSchedule::constant;
  double warmup = 0;   // steps, or below 1 a share of them
  double decay = 0.2;  // warmup_stable_decay: the steps in which the rate goes down, or below 1 a share of them
  int schedule_cycles = 1;
  double schedule_power = 1;
  RecipeOptimizer optimizer;
  double clip = 1;  // norm of the gradient; 0: off
  double ema = 0;   // decay; 0: off
  uint64_t seed = 0;
  MasterType dtype = MasterType::f32;
  Recompute recompute = Recompute::none;
  // Of frozen weights, 10^9 bytes that stay in memory; the rest is read from the base's file wherever it is used. None:
  // all of them.
  std::optional<double> resident_gb;

  int64_t checkpoint_every = 100;
  double checkpoint_budget_gb = 10;               // 10^9 bytes of all checkpoints; 0: no limit
  int64_t save_every = 0, save_every_epochs = 0;  // the adapter, beside checkpoints; 0: only then
  int64_t validate_every = 50;
  std::vector<std::string> sample_prompts;
  int64_t sample_every = 0;

  LossOptions loss;
  ImageOptions image;

  std::filesystem::path folder;  // what paths are relative to; not written

  bool operator==(const Recipe&) const = default;
};

// Error (invalid_file) names the file and the key, what is wrong with its value, and what may stand there; an unknown
// key comes with the nearest known one.
Recipe parse_recipe(std::string_view text, const std::string& name);
Recipe read_recipe(const std::filesystem::path& path);

// Every key in a fixed order, defaults too; reads back as the same recipe.
std::string write_recipe(const Recipe& recipe);

// Fills in what depends on other values and checks what they must be together; reading has done it. Error
// (invalid_argument) with `name` for the thing.
void settle(Recipe& recipe, const std::string& name);

// SHA-256 of what decides the weights that come out: a checkpoint goes on under a recipe of the same hash. Where
// results are written, how often, and what is sampled may change; and how long the run is, where its rate depends
// on that at its end alone (warmup_stable_decay).
std::string recipe_hash(const Recipe& recipe);

std::filesystem::path resolved(const Recipe& recipe, const std::string& path);

// Of a run of `steps` steps.
int64_t warmup_steps(const Recipe& recipe, int64_t steps);
int64_t decay_steps(const Recipe& recipe, int64_t steps);

}  // namespace diptych::train
