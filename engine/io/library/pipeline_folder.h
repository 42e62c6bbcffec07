// A diffusers pipeline folder: model_index.json names its class and its components, each in a folder of its own.
#pragma once

#include <filesystem>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

namespace diptych {

struct PipelineFolder {
  std::filesystem::path path;
  std::string pipeline;                         // "StableDiffusionPipeline", …
  std::shared_ptr<const nlohmann::json> index;  // an object

  // The folder of a component; none where the index leaves it out or says null.
  std::optional<std::filesystem::path> component(const std::string& name) const;
  // The same; Error (not_found) where there is none.
  std::filesystem::path required(const std::string& name) const;
  bool flag(const char* name) const;  // false where it is not given
};

bool is_pipeline_folder(const std::filesystem::path& path);  // a folder with model_index.json
// Error: not_found, invalid_file.
PipelineFolder open_pipeline_folder(const std::filesystem::path& path);

}  // namespace diptych
