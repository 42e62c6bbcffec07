// Every key of a recipe, once: reading, writing and the list of known keys all walk over it.
//
// A visitor has field(key, member) for texts, booleans, enumerations and maps, and field(key, member, range) for
// numbers.
#pragma once

#include "engine/train/data/recipe.h"

namespace diptych::train {

struct Range {
  double least = 0, most = 0;
  bool above = false;  // `least` itself is not allowed
};

inline constexpr double most_steps = 1e9;

template <class Visitor>
void visit_fields(DataSource& source, Visitor& v) {
  v.field("path", source.path);
  v.field("shape", source.shape);
  v.field("documents", source.documents);
  v.field("columns", source.columns);
  v.field("repeats", source.repeats, Range{1, 100'000});
  v.field("regularization", source.regularization);
  v.field("caption", source.caption);
  v.field("caption_ending", source.caption_ending);
  v.field("caption_lines", source.caption_lines);
  v.field("masks", source.masks);
}

template <class Visitor>
void visit_fields(RecipeOptimizer& optimizer, Visitor& v) {
  v.field("name", optimizer.name);
  v.field("beta_1", optimizer.beta_1, Range{0, 0.999999});
  v.field("beta_2", optimizer.beta_2, Range{0, 0.999999});
  v.field("epsilon", optimizer.epsilon, Range{0, 1, true});
  v.field("weight_decay", optimizer.weight_decay, Range{0, 10});
  v.field("momentum", optimizer.momentum, Range{0, 0.999999});
  v.field("relative_step", optimizer.relative_step);
  v.field("initial_step_size", optimizer.initial_step_size, Range{0, 1, true});
  v.field("step_size_factor", optimizer.step_size_factor, Range{0, 1000, true});
  v.field("safeguard_warmup", optimizer.safeguard_warmup);
  v.field("bias_correction_rate", optimizer.bias_correction_rate);
}

template <class Visitor>
void visit_fields(LossOptions& loss, Visitor& v) {
  v.field("objective", loss.objective);
  v.field("on", loss.on);
  v.field("dpo_beta", loss.dpo_beta, Range{0, 100, true});
  v.field("dpo_label_smoothing", loss.dpo_label_smoothing, Range{0, 0.5});
  v.field("prediction", loss.prediction);
  v.field("min_snr_gamma", loss.min_snr_gamma, Range{0, 1000});
  v.field("offset_noise", loss.offset_noise, Range{0, 1});
  v.field("prior_preservation", loss.prior_preservation, Range{0, 100});
  v.field("timestep_sampling", loss.timestep_sampling);
  v.field("logit_mean", loss.logit_mean, Range{-10, 10});
  v.field("logit_std", loss.logit_std, Range{0, 10, true});
  v.field("timestep_shift", loss.timestep_shift, Range{0, 100, true});
  v.field("zero_terminal_snr", loss.zero_terminal_snr);
  v.field("masked", loss.masked);
}

template <class Visitor>
void visit_fields(ImageOptions& image, Visitor& v) {
  v.resolution("resolution", image.width, image.height, Range{16, 8192});
  v.field("buckets", image.buckets);
  v.field("bucket_step", image.bucket_step, Range{1, 1024});
  v.field("bucket_min", image.bucket_min, Range{16, 8192});
  v.field("bucket_max", image.bucket_max, Range{16, 8192});
  v.field("upscale", image.upscale);
  v.field("flip", image.flip);
  v.field("random_crop", image.random_crop);
  v.field("caption_dropout", image.caption_dropout, Range{0, 1});
  v.field("tag_dropout", image.tag_dropout, Range{0, 1});
  v.field("shuffle_tags", image.shuffle_tags);
  v.field("keep_tags", image.keep_tags, Range{0, 1000});
  v.field("tag_separator", image.tag_separator);
  v.field("caption_prefix", image.caption_prefix);
  v.field("cache_latents", image.cache_latents);
  v.field("cache_text", image.cache_text);
  v.field("latent_means", image.latent_means);
  v.field("clip_skip", image.clip_skip, Range{0, 100});
}

template <class Visitor>
void visit_method(Recipe& recipe, Visitor& v) {
  v.field("method", recipe.method);
  v.field("rank", recipe.rank, Range{1, 4096});
  v.field("alpha", recipe.alpha, Range{0, 1e6, true});
  v.field("targets", recipe.targets);
  v.field("rank_pattern", recipe.rank_pattern, Range{1, 4096});
  v.field("alpha_pattern", recipe.alpha_pattern, Range{0, 1e6, true});
  v.field("rank_stabilized", recipe.rank_stabilized);
  v.field("lora_plus_ratio", recipe.lora_plus_ratio, Range{1, 1000});
  v.field("adapter_dropout", recipe.adapter_dropout, Range{0, 0.99});
  v.field("conv_rank", recipe.conv_rank, Range{0, 4096});
  v.field("lokr_factor", recipe.lokr_factor, Range{-1, 4096});
  v.field("train_denoiser", recipe.train_denoiser);
  v.field("train_text_encoder", recipe.train_text_encoder);
  v.field("train_t5", recipe.train_t5);
  v.field("text_encoder_learning_rate", recipe.text_encoder_learning_rate, Range{0, 100, true});
  v.field("text_encoder_targets", recipe.text_encoder_targets);
  v.field("token", recipe.token);
  v.field("token_start", recipe.token_start);
  v.field("token_vectors", recipe.token_vectors, Range{1, 75});
}

template <class Visitor>
void visit_fields(Recipe& recipe, Visitor& v) {
  v.field("base", recipe.base);
  v.field("vae", recipe.vae);
  v.field("text_encoders", recipe.text_encoders);
  v.field("data", recipe.data);
  v.field("output", recipe.output);
  v.field("validation", recipe.validation);
  visit_method(recipe, v);
  v.field("steps", recipe.steps, Range{1, most_steps});
  v.field("epochs", recipe.epochs, Range{0, 1e6, true});
  v.field("batch", recipe.batch, Range{1, 65536});
  v.field("accumulate", recipe.accumulate, Range{1, 65536});
  v.field("sequence", recipe.sequence, Range{2, 1 << 20});
  v.field("packing", recipe.packing);
  v.field("overlong", recipe.overlong);
  v.field("chat_template", recipe.chat_template);
  v.field("learning_rate", recipe.learning_rate, Range{0, 100, true});
  v.field("schedule", recipe.schedule);
  v.field("warmup", recipe.warmup, Range{0, most_steps});
  v.field("decay", recipe.decay, Range{0, most_steps});
  v.field("schedule_cycles", recipe.schedule_cycles, Range{1, 10'000});
  v.field("schedule_power", recipe.schedule_power, Range{0, 100, true});
  v.field("optimizer", recipe.optimizer);
  v.field("clip", recipe.clip, Range{0, 1e6});
  v.field("ema", recipe.ema, Range{0, 0.999999});
  v.field("seed", recipe.seed);
  v.field("dtype", recipe.dtype);
  v.field("recompute", recipe.recompute);
  v.field("resident_gb", recipe.resident_gb, Range{0, 1e6});
  v.field("checkpoint_every", recipe.checkpoint_every, Range{0, most_steps});
  v.field("checkpoint_budget_gb", recipe.checkpoint_budget_gb, Range{0, 1e6});
  v.field("save_every", recipe.save_every, Range{0, most_steps});
  v.field("save_every_epochs", recipe.save_every_epochs, Range{0, 1e6});
  v.field("validate_every", recipe.validate_every, Range{0, most_steps});
  v.field("sample_prompts", recipe.sample_prompts);
  v.field("sample_every", recipe.sample_every, Range{0, most_steps});
  v.field("loss", recipe.loss);
  v.field("image", recipe.image);
}

}  // namespace diptych::train
