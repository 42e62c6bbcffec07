// Folders of models that other programs own (LM Studio, Ollama's exports, a shared disk): listed and opened where they
// are, never moved. Kept in config_dir()/model_folders.json.
#pragma once

#include <filesystem>
#include <vector>

namespace diptych {

std::vector<std::filesystem::path> model_folders();  // without models_dir()

// Error: not_found (no such folder), io, invalid_file (ComfyUI's extra_model_paths.yaml in it). Adding a known folder
// and removing an unknown one change nothing.
void add_model_folder(const std::filesystem::path& folder);
void remove_model_folder(const std::filesystem::path& folder);

}  // namespace diptych
