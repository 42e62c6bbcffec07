// ComfyUI's extra_model_paths.yaml: folders of models elsewhere, by what they hold.
//
//   a111:
//     base_path: ~/webui/
//     checkpoints: models/Stable-diffusion
//     loras: |
//       models/Lora
//       models/LyCORIS
#pragma once

#include <filesystem>
#include <vector>

#include "engine/io/library/model_description.h"

namespace diptych {

struct ExtraModelFolder {
  std::filesystem::path path;  // absolute; it need not exist
  ModelKind kind = ModelKind::unknown;

  bool operator==(const ExtraModelFolder&) const = default;
};

// Of ComfyUI's folder, or of its folder of models; empty: it has none.
std::filesystem::path extra_model_paths_file(const std::filesystem::path& root);

// In their order, as ComfyUI reads them: paths are relative to `base_path`, or else to the file's folder; `~` and
// variables of the environment are resolved. What holds no models (custom_nodes, configs) is left out. Error:
// invalid_file (names the line), io.
std::vector<ExtraModelFolder> read_extra_model_paths(const std::filesystem::path& file);

}  // namespace diptych
