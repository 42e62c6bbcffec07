#include "engine/io/library/model_hash.h"

#include <algorithm>
#include <span>

#include "engine/core/error.h"
#include "engine/io/files/sha256.h"
#include "engine/io/library/hf_folder.h"
#include "engine/io/library/pipeline_folder.h"

namespace diptych {
namespace fs = std::filesystem;
namespace {

fs::path denoiser_folder(const fs::path& model) {
  if (!is_pipeline_folder(model)) return model;
  const PipelineFolder pipeline = open_pipeline_folder(model);
  for (const char* name : {"unet", "transformer"}) {
    if (const auto folder = pipeline.component(name)) return *folder;
  }
  return model;
}

std::string hash_of_files(const std::vector<fs::path>& files, const std::vector<std::string>& hashes) {
  if (files.size() == 1) return hashes.front();
  Sha256 whole;
  for (size_t i = 0; i < files.size(); ++i) {
    const std::string line = hashes[i] + "  " + files[i].filename().string() + "\n";
    whole.update(std::as_bytes(std::span(line)));
  }
  return whole.finish();
}

}  // namespace

std::vector<fs::path> hashed_files(const fs::path& model) {
  std::error_code error;
  if (!fs::is_directory(model, error)) return content_files(model);
  const fs::path folder = denoiser_folder(model), weights = find_safetensors(folder);
  if (weights.extension() != ".json") return weights.empty() ? std::vector<fs::path>() : std::vector{weights};
  // STEM.safetensors.index.json, whose shards are STEM-00001-of-00002.safetensors and so on.
  const std::string start = weights.stem().stem().stem().string() + "-";
  std::vector<fs::path> shards;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    if (at->path().extension() == ".safetensors" && at->path().filename().string().starts_with(start))
      shards.push_back(at->path());
  }
  std::ranges::sort(shards);
  return shards;
}

std::optional<std::string> known_model_hash(const fs::path& model, const KnownHashes& known) {
  std::vector<fs::path> files;
  try {
    files = hashed_files(model);
  } catch (const Error&) {
    return std::nullopt;
  }
  std::vector<std::string> hashes;
  for (const fs::path& file : files) {
    auto hash = known.of(file);
    if (!hash) return std::nullopt;
    hashes.push_back(std::move(*hash));
  }
  if (files.empty()) return std::nullopt;
  return hash_of_files(files, hashes);
}

std::string model_hash(const fs::path& model, const CancelToken& cancel) {
  const std::vector<fs::path> files = hashed_files(model);
  if (files.empty()) {
    throw Error(ErrorCategory::not_found, "cannot hash model", model.string(), "its denoiser has no safetensors file",
                "choose a complete model");
  }
  std::vector<std::string> hashes;
  for (const fs::path& file : files) hashes.push_back(file_hash(file, {}, cancel));
  return hash_of_files(files, hashes);
}

}  // namespace diptych
