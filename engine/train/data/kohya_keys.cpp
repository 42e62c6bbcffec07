#include "engine/train/data/kohya_keys.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <functional>
#include <map>
#include <optional>

#include "engine/io/ascii.h"

namespace diptych::train {
namespace {

using nlohmann::json;

// Options whose values a recipe takes as they are.
const std::map<std::string, const char*, std::less<>> same_values{
    {"pretrained_model_name_or_path", "/base"},
    {"network_dim", "/rank"},
    {"network_alpha", "/alpha"},
    {"network_dropout", "/adapter_dropout"},
    {"max_train_steps", "/steps"},
    {"max_train_epochs", "/epochs"},
    {"train_batch_size", "/batch"},
    {"batch_size", "/batch"},
    {"gradient_accumulation_steps", "/accumulate"},
    {"learning_rate", "/learning_rate"},
    {"lr_warmup_steps", "/warmup"},
    {"lr_scheduler_num_cycles", "/schedule_cycles"},
    {"lr_scheduler_power", "/schedule_power"},
    {"max_grad_norm", "/clip"},
    {"seed", "/seed"},
    {"save_every_n_steps", "/save_every"},
    {"save_every_n_epochs", "/save_every_epochs"},
    {"sample_every_n_steps", "/sample_every"},
    {"min_snr_gamma", "/loss/min_snr_gamma"},
    {"noise_offset", "/loss/offset_noise"},
    {"prior_loss_weight", "/loss/prior_preservation"},
    {"zero_terminal_snr", "/loss/zero_terminal_snr"},
    {"masked_loss", "/loss/masked"},
    {"logit_mean", "/loss/logit_mean"},
    {"logit_std", "/loss/logit_std"},
    {"discrete_flow_shift", "/loss/timestep_shift"},
    {"enable_bucket", "/image/buckets"},
    {"min_bucket_reso", "/image/bucket_min"},
    {"max_bucket_reso", "/image/bucket_max"},
    {"bucket_reso_steps", "/image/bucket_step"},
    {"flip_aug", "/image/flip"},
    {"random_crop", "/image/random_crop"},
    {"shuffle_caption", "/image/shuffle_tags"},
    {"keep_tokens", "/image/keep_tags"},
    {"caption_dropout_rate", "/image/caption_dropout"},
    {"caption_tag_dropout_rate", "/image/tag_dropout"},
    {"caption_prefix", "/image/caption_prefix"},
    {"caption_separator", "/image/tag_separator"},
};

// How sd-scripts gets to its numbers, not which.
constexpr std::array not_needed{"xformers",
                                "sdpa",
                                "mem_eff_attn",
                                "lowram",
                                "highvram",
                                "max_data_loader_n_workers",
                                "cache_latents_to_disk",
                                "persistent_data_loader_workers",
                                "log_with",
                                "logging_dir",
                                "log_prefix",
                                "vae_batch_size",
                                "no_half_vae",
                                "save_model_as",
                                "save_precision",
                                "mixed_precision",
                                "full_fp16",
                                "save_state",
                                "skip_cache_check",
                                "save_last_n_steps",
                                "save_last_n_epochs",
                                "cache_text_encoder_outputs_to_disk",
                                "torch_compile",
                                "dynamo_backend",
                                "fp8_base",
                                "cache_text_encoder_outputs",
                                "cache_latents",
                                "max_token_length",
                                "debug_dataset",
                                "training_comment",
                                "v2"};

// Values with another meaning or form there.
using Taker = std::function<std::string(const json&, KohyaTarget&)>;  // returns why not, or nothing

std::string unknown_value() {
  return "there is nothing of this name here";
}

std::string take_schedule(const json& value, KohyaTarget& target) {
  const std::string name = value.is_string() ? value.get<std::string>() : "";
  for (const char* known :
       {"constant", "linear", "cosine", "cosine_with_restarts", "polynomial", "warmup_stable_decay"}) {
    if (name != known && !(name == "constant_with_warmup" && std::string_view(known) == "constant")) continue;
    target.set("/schedule", known);
    return {};
  }
  return unknown_value();
}

std::string take_optimizer(const json& value, KohyaTarget& target) {
  static const std::map<std::string, const char*> names{
      {"adamw", "adamw"}, {"adamw8bit", "adamw_8bit"}, {"pagedadamw8bit", "adamw_8bit"}, {"adafactor", "adafactor"},
      {"lion", "lion"},   {"prodigy", "prodigy"}};
  const auto found = names.find(value.is_string() ? ascii_lower(value.get<std::string>()) : "");
  if (found == names.end()) return unknown_value();
  target.set("/optimizer/name", found->second);
  return {};
}

std::string take_resolution(const json& value, KohyaTarget& target) {
  if (!value.is_string()) {
    target.set("/image/resolution", value);
    return {};
  }
  const std::string text = value.get<std::string>();
  json sides = json::array();
  for (size_t at = 0; at <= text.size();) {
    const size_t end = std::min(text.find(',', at), text.size());
    const std::string_view part(text.data() + std::min(text.find_first_not_of(' ', at), end), text.data() + end);
    int side = 0;
    if (std::from_chars(part.data(), part.data() + part.size(), side).ec != std::errc()) return "it is no size";
    sides.push_back(side);
    at = end + 1;
  }
  target.set("/image/resolution", sides.size() == 1 ? sides[0] : sides);
  return {};
}

std::string take_network(const json& value, KohyaTarget& target) {
  const std::string name = value.is_string() ? value.get<std::string>() : "";
  if (name.starts_with("networks.lora") || name == "lycoris.kohya") {
    target.set("/method", "lora");
    return {};
  }
  return unknown_value();
}

std::string take_timesteps(const json& value, KohyaTarget& target) {
  if (value == "uniform" || value == "sigmoid" || value == "logit_normal") {
    target.set("/loss/timestep_sampling", value == "uniform" ? "uniform" : "logit_normal");
    return {};
  }
  return unknown_value();
}

Taker flag(const char* pointer, json when_true, json when_false) {
  return [=](const json& value, KohyaTarget& target) -> std::string {
    if (!value.is_boolean()) return "it is neither true nor false";
    const json& chosen = value.get<bool>() ? when_true : when_false;
    if (!chosen.is_null()) target.set(pointer, chosen);
    return {};
  };
}

const std::map<std::string, Taker, std::less<>>& takers() {
  static const std::map<std::string, Taker, std::less<>> all{
      {"lr_scheduler", take_schedule},
      {"optimizer_type", take_optimizer},
      {"resolution", take_resolution},
      {"network_module", take_network},
      {"timestep_sampling", take_timesteps},
      {"weighting_scheme", take_timesteps},
      {"gradient_checkpointing", flag("/recompute", "full", "none")},
      {"full_bf16", flag("/dtype", "bf16", "f32")},
      {"bucket_no_upscale", flag("/image/upscale", false, true)},
      {"v_parameterization", flag("/loss/prediction", "v", nullptr)},
      {"network_train_unet_only", flag("/train_text_encoder", false, nullptr)},
      {"network_train_text_encoder_only", flag("/train_denoiser", false, nullptr)},
      {"clip_skip",
       [](const json& value, KohyaTarget& target) -> std::string {
         if (!value.is_number_integer() || value.get<int64_t>() < 1) return "it is no layer";
         target.set("/image/clip_skip", value.get<int64_t>() - 1);  // there 1 is the last layer
         return {};
       }},
  };
  return all;
}

}  // namespace

void KohyaTarget::set(const std::string& pointer, const json& value) {
  recipe[json::json_pointer(pointer)] = value;
}

void KohyaTarget::refuse(std::string_view key, const json& value, std::string reason) {
  const std::string text =
      value.is_string() ? value.get<std::string>() : value.dump(-1, ' ', false, json::error_handler_t::replace);
  not_taken.push_back({std::string(key), text, std::move(reason)});
}

bool take_kohya_option(const std::string& key, const json& value, KohyaTarget& target) {
  if (const auto same = same_values.find(key); same != same_values.end()) {
    target.set(same->second, value);
    return true;
  }
  if (const auto taker = takers().find(key); taker != takers().end()) {
    const std::string why_not = taker->second(value, target);
    if (!why_not.empty()) target.refuse(key, value, why_not);
    return true;
  }
  if (std::ranges::find(not_needed, std::string_view(key)) != not_needed.end()) {
    target.refuse(key, value, "it changes how sd-scripts computes, and is not needed here");
    return true;
  }
  return false;
}

}  // namespace diptych::train
