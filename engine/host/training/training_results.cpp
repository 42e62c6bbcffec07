#include "engine/host/training/training_results.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <fstream>
#include <string_view>

#include "engine/io/library/model_index.h"
#include "engine/train/runs/checkpoint.h"

namespace diptych::host {
namespace {

namespace fs = std::filesystem;

// Of a checkpoint, which holds what goes on besides what was learnt.
constexpr std::array own_files{"parameters.safetensors", "optimizer.safetensors", "ema.safetensors"};

int64_t file_bytes(const fs::path& path) {
  std::error_code error;
  const auto size = fs::file_size(path, error);
  return error ? 0 : static_cast<int64_t>(size);
}

int64_t changed_ms(const fs::path& path) {
  std::error_code error;
  const auto time = fs::last_write_time(path, error);
  if (error) return 0;
  const auto age = fs::file_time_type::clock::now() - time;
  const auto then = std::chrono::system_clock::now() - std::chrono::duration_cast<std::chrono::milliseconds>(age);
  return std::chrono::duration_cast<std::chrono::milliseconds>(then.time_since_epoch()).count();
}

// A folder of PEFT's as a whole; of others the file.
std::optional<api::TrainingResult> result_in(const fs::path& folder, const api::TrainingRun& run) {
  api::TrainingResult result;
  result.run = run.id;
  result.name = run.name;
  result.kind = run.kind;
  result.base = run.base;
  result.method = run.recipe.is_object() ? run.recipe.value("method", "lora") : "lora";
  result.is_embedding = result.method == "textual_inversion";
  if (result.is_embedding) result.token = run.recipe.value("token", "");
  result.is_adapter = result.method != "full" && !result.is_embedding;
  std::error_code error;
  const fs::path weights = folder / "adapter_model.safetensors";
  if (fs::is_regular_file(folder / "adapter_config.json", error) && fs::is_regular_file(weights, error)) {
    result.path = folder.string();
    result.size_bytes = file_bytes(weights);
    result.created_ms = changed_ms(weights);
    return result;
  }
  // All weights: a whole model, or of an image model's checkpoint what was trained alone.
  for (const char* own : {"model_index.json", "config.json"}) {
    if (result.method != "full" || !fs::is_regular_file(folder / own, error)) continue;
    result.path = folder.string();
    result.size_bytes = model_bytes(folder);
    result.created_ms = changed_ms(folder / own);
    return result;
  }
  for (const char* component : {"unet", "transformer", "text_encoder", "text_encoder_2"}) {
    if (result.method != "full" || !fs::is_directory(folder / component, error)) continue;
    result.path = (folder / component).string();
    result.size_bytes = model_bytes(folder / component);
    result.created_ms = changed_ms(folder / component);
    return result;
  }
  std::vector<fs::path> files;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    const bool own = std::ranges::find(own_files, name) != own_files.end();
    // A word's file for diffusers lies beside the one that is named by the word.
    const bool beside = result.is_embedding && name.starts_with("learned_embeds");
    if (!own && !beside && entry->path().extension() == ".safetensors") files.push_back(entry->path());
  }
  if (files.empty()) return std::nullopt;
  const fs::path& file = *std::ranges::min_element(files);
  result.path = file.string();
  result.size_bytes = file_bytes(file);
  result.created_ms = changed_ms(file);
  return result;
}

}  // namespace

std::vector<api::TrainingResult> training_results(const api::TrainingRun& run) {
  std::vector<api::TrainingResult> results;
  const fs::path output = run.output;
  if (auto whole = result_in(output, run)) {
    whole->is_final = true;
    whole->step = run.step;
    results.push_back(std::move(*whole));
  }
  std::vector<train::Checkpoint> checkpoints = train::list_checkpoints(output / "checkpoints");
  std::ranges::reverse(checkpoints);
  for (const train::Checkpoint& checkpoint : checkpoints) {
    auto one = result_in(checkpoint.path, run);
    if (!one) continue;
    one->step = checkpoint.step;
    results.push_back(std::move(*one));
  }
  return results;
}

std::optional<int64_t> newest_checkpoint_step(const fs::path& output) {
  const auto checkpoints = train::list_checkpoints(output / "checkpoints");
  if (checkpoints.empty()) return std::nullopt;
  return checkpoints.back().step;
}

api::TrainingMetrics read_training_metrics(const fs::path& output, int64_t after, int64_t limit, int64_t steps) {
  api::TrainingMetrics metrics;
  std::ifstream file(output / "metrics.jsonl");
  std::string line;
  while (std::getline(file, line) && std::ssize(metrics.steps) < limit) {
    const auto json = api::parse(line);
    if (!json || !json->is_object()) continue;  // being written
    try {
      auto step = api::from_json<api::TrainingStep>(*json);
      step.steps = steps;
      if (step.step > after) metrics.steps.push_back(std::move(step));
    } catch (const api::FieldError&) {
      // a line of another program
    }
  }
  return metrics;
}

}  // namespace diptych::host
