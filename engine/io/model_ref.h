// From what a user writes to a model on disk.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace diptych {

// A model on disk: a file or folder, and the files that its missing parts are taken from.
struct ModelRef {
  std::filesystem::path path;
  std::filesystem::path vae;                         // empty: the model's own
  std::vector<std::filesystem::path> text_encoders;  // beside, or in place of, its own
  std::string prediction;  // "epsilon", "v_prediction" where its files do not say it; empty: as they say
};

// A path to a file or folder, a name of the catalogue whose file was fetched, or the name (with or without its
// extension) of a library model. Error (not_found) says what is there and how to get a known model.
std::filesystem::path resolve_model(std::string_view name_or_path);

// Model files and folders in a folder, by name: GGUF (the first file of a set stands for it), safetensors, and folders
// with config.json or model_index.json.
std::vector<std::filesystem::path> models_in(const std::filesystem::path& folder);

// models_in() of models_dir(), of every folder that the user added (model_folders.h) and of shipped_models_dir(). A
// shipped model is left out where the user has another of its name.
std::vector<std::filesystem::path> library_models();

}  // namespace diptych
