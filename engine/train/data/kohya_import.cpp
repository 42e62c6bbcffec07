#include <set>

#include "engine/core/error.h"
#include "engine/io/atomic_file.h"
#include "engine/train/data/kohya_keys.h"
#include "engine/train/data/toml_text.h"

namespace diptych::train {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

constexpr uint64_t most_toml_bytes = 4u << 20;

// What sd-scripts' train_network.py does where nothing is said.
json kohya_defaults() {
  return json::parse(R"({
    "method": "lora", "rank": 4, "alpha": 1, "learning_rate": 2e-6, "batch": 1, "train_text_encoder": true,
    "schedule": "constant", "optimizer": {"name": "adamw"}, "clip": 1, "checkpoint_every": 500,
    "image": {"buckets": false, "bucket_min": 256, "bucket_max": 1024, "bucket_step": 64, "upscale": true}})");
}

json read_toml(const fs::path& path) {
  return parse_toml(read_text_file(path, most_toml_bytes), path.string());
}

// Sections mean nothing to sd-scripts: their keys stand as if at the top.
json without_sections(const json& document) {
  json flat = json::object();
  for (const auto& [key, value] : document.items()) {
    if (value.is_object()) {
      for (const auto& [inner, entry] : value.items()) flat[inner] = entry;
    } else {
      flat[key] = value;
    }
  }
  return flat;
}

// Options of a subset that belong to it alone.
void take_subset(const json& subset, std::set<std::string>& used, KohyaTarget& target) {
  json source = json::object();
  const auto take = [&](const char* key, const char* as) {
    const auto found = subset.find(key);
    if (found == subset.end()) return;
    source[as] = *found;
    used.insert(key);
  };
  take("image_dir", "path");
  take("num_repeats", "repeats");
  take("class_tokens", "caption");
  take("is_reg", "regularization");
  take("caption_extension", "caption_ending");
  take("conditioning_data_dir", "masks");
  source["shape"] = "images";
  if (source.value("caption_ending", json("")) == "") source["caption_ending"] = ".caption";
  target.recipe["data"].push_back(source);
}

// What is said for all data sets, for one, and for one of its folders: the nearest word holds. A recipe has one word
// for all, so the first folder's is taken.
void take_dataset(const json& document, KohyaTarget& target) {
  json general = document.value("general", json::object());
  if (!general.is_object()) general = json::object();
  std::map<std::string, json> taken;
  for (const auto& [key, value] : document.items())
    if (key != "general" && key != "datasets") target.refuse(key, value, "a data set's file has no such section");
  for (const json& dataset : document.value("datasets", json::array())) {
    if (!dataset.is_object()) continue;
    for (const json& subset : dataset.value("subsets", json::array())) {
      if (!subset.is_object()) continue;
      json options = general;
      options.update(dataset);
      options.update(subset);
      options.erase("subsets");
      std::set<std::string> used;
      take_subset(options, used, target);
      for (const auto& [key, value] : options.items()) {
        if (used.contains(key)) continue;
        const auto [first, is_first] = taken.emplace(key, value);
        if (is_first && !take_kohya_option(key, value, target)) {
          target.refuse(key, value, "there is no such option here");
        } else if (!is_first && first->second != value) {
          target.refuse(key, value, "another folder's " + first->second.dump() + " holds for all");
        }
      }
    }
  }
}

// A file of prompts; what stands behind " --" are options of sampling.
void take_sample_prompts(const json& value, const fs::path& folder, KohyaTarget& target) {
  std::string text;
  try {
    text = read_text_file(folder / value.get<std::string>(), most_toml_bytes);
  } catch (const std::exception& error) {
    return target.refuse("sample_prompts", value, error.what());
  }
  json prompts = json::array();
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    std::string line = text.substr(at, end - at);
    at = end + 1;
    line = line.substr(0, line.find(" --"));
    while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.pop_back();
    if (!line.empty() && line[0] != '#') prompts.push_back(line);
  }
  target.set("/sample_prompts", prompts);
}

class KohyaReader {
 public:
  KohyaReader(json options, fs::path folder) : options_(std::move(options)), folder_(std::move(folder)) {
    target_.recipe = kohya_defaults();
  }

  KohyaTarget read(const fs::path& dataset) {
    target_.recipe["data"] = json::array();
    take_data(dataset);
    take_rates();
    if (const auto value = pop("optimizer_args")) take_kohya_optimizer_arguments(*value, target_);
    const auto network_arguments = pop("network_args");
    if (const auto value = pop("sample_prompts")) take_sample_prompts(*value, folder_, target_);
    const fs::path name = text_of("output_name", "last"), output = text_of("output_dir", "output");
    target_.set("/output", (output / name).string());
    // One epoch's length is not known yet; there, too, epochs win.
    if (options_.contains("max_train_epochs")) {
      if (const auto steps = pop("max_train_steps")) target_.refuse("max_train_steps", *steps, "max_train_epochs wins");
    } else if (!options_.contains("max_train_steps")) {
      target_.set("/steps", 1600);
    }
    for (const auto& [key, value] : options_.items())
      if (!take_kohya_option(key, value, target_)) target_.refuse(key, value, "there is no such option here");
    if (network_arguments) take_kohya_network_arguments(*network_arguments, target_);
    drop_unused_cycles();
    return std::move(target_);
  }

 private:
  std::optional<json> pop(const char* key) {
    const auto found = options_.find(key);
    if (found == options_.end()) return std::nullopt;
    json value = std::move(*found);
    options_.erase(found);
    return value;
  }
  std::string text_of(const char* key, const char* otherwise) {
    const auto value = pop(key);
    return value && value->is_string() ? value->get<std::string>() : otherwise;
  }

  void take_data(const fs::path& dataset) {
    const auto named = pop("dataset_config");
    if (!dataset.empty()) {
      take_dataset(read_toml(dataset), target_);
    } else if (named && named->is_string()) {
      take_dataset(read_toml(folder_ / named->get<std::string>()), target_);
    }
    const json ending = pop("caption_extension").value_or(".caption");
    const auto folder = [&](const char* key, bool regularization) {
      if (const auto path = pop(key))
        target_.recipe["data"].push_back(
            {{"path", *path}, {"shape", "images"}, {"caption_ending", ending}, {"regularization", regularization}});
    };
    folder("train_data_dir", false);
    folder("reg_data_dir", true);
  }

  // The denoiser's own rate is the recipe's; the text encoder's falls back on the common one.
  void take_rates() {
    const json common = options_.contains("learning_rate") ? options_["learning_rate"] : json(2e-6);
    const json denoiser = pop("unet_lr").value_or(common);
    json encoder = pop("text_encoder_lr").value_or(common);
    if (encoder.is_array() && !encoder.empty()) encoder = json(encoder[0]);
    options_["learning_rate"] = denoiser;
    const bool frozen = encoder.is_number() && encoder.get<double>() == 0;
    if (frozen) {
      target_.set("/train_text_encoder", false);
    } else {
      target_.set("/text_encoder_learning_rate", encoder);
    }
  }

  // sd-scripts hands cycles and power to schedules that do not know them.
  void drop_unused_cycles() {
    const json schedule = target_.recipe.value("schedule", "");
    if (schedule == "constant") target_.recipe.erase("schedule_cycles");
  }

  json options_;
  fs::path folder_;
  KohyaTarget target_;
};

KohyaImport imported(KohyaTarget target, const fs::path& config) {
  // Of CLIP they adapt every matrix.
  if (target.recipe.value("train_text_encoder", false))
    target.recipe["text_encoder_targets"] = {"q_proj", "k_proj", "v_proj", "out_proj", "fc1", "fc2"};
  KohyaImport result;
  result.recipe = parse_recipe(target.recipe.dump(-1, ' ', false, json::error_handler_t::replace), config.string());
  result.recipe.folder = config.parent_path();
  result.not_taken = std::move(target.not_taken);
  return result;
}

}  // namespace

KohyaImport import_kohya(const fs::path& config, const fs::path& dataset) {
  KohyaReader reader(without_sections(read_toml(config)), config.parent_path());
  return imported(reader.read(dataset), config);
}

KohyaImport import_kohya_draft(const fs::path& config) {
  constexpr const char* unknown = "unknown";  // stands where a recipe must have something
  json document = read_toml(config);
  const bool is_dataset = document.contains("datasets");
  KohyaReader reader(is_dataset ? json::object() : without_sections(document), config.parent_path());
  KohyaTarget target = reader.read(is_dataset ? config : fs::path());
  const bool has_base = target.recipe.contains("base"), has_data = !target.recipe["data"].empty();
  if (!has_base) target.recipe["base"] = unknown;
  if (!has_data) target.recipe["data"] = unknown;
  KohyaImport result = imported(std::move(target), config);
  if (!has_base) result.recipe.base.clear();
  if (!has_data) result.recipe.data.clear();
  if (is_dataset) result.recipe.output.clear();
  return result;
}

}  // namespace diptych::train
