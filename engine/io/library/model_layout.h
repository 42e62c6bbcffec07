// How the programs that own model folders arrange them: ComfyUI, A1111 (AUTOMATIC1111's web UI, Forge and their like)
// and the cache of Hugging Face's libraries. Only read, never written to. With ComfyUI's folder come those that its
// extra_model_paths.yaml names (extra_model_paths.h).
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "engine/io/library/model_description.h"

namespace diptych {

enum class FolderLayout { plain, comfyui, a1111, huggingface };

const char* layout_name(FolderLayout layout);  // "ComfyUI", "A1111", "Hugging Face", "folder"

// Of the program's own folder, or of its folder of models (ComfyUI/models, huggingface/hub).
FolderLayout layout_of(const std::filesystem::path& root);

struct FoundModel {
  std::filesystem::path path;  // a file, or a folder with model_index.json or config.json
  // "dream" of "dream.safetensors", "set" of "set-00001-of-00002.gguf"; whole names of pickles; of Hugging Face's cache
  // "organisation/name".
  std::string name;
  // The folders around it from the root's own name on ("ComfyUI/models/loras"), to tell it from another of its name.
  std::string place;
  ModelKind kind = ModelKind::unknown;  // that the folder around it is named for
};

// All of them, in the order of their paths, without opening one: GGUF (the first file of a set stands for it),
// safetensors, pickles (which are refused later, by name), and folders; links are followed, hidden folders left out. An
// extra_model_paths.yaml that cannot be read names none, which is logged, once.
std::vector<FoundModel> find_models(const std::filesystem::path& root);

// The same of one folder without a layout, whose files are of `kind` where no folder between says otherwise.
std::vector<FoundModel> find_models_in(const std::filesystem::path& folder, ModelKind kind = ModelKind::unknown);

// The kind that a folder of this name holds ("loras", "VAE", "upscale_models"); unknown where it is not known.
ModelKind kind_of_folder_name(std::string_view name);

// HF_HUB_CACHE, HF_HOME/hub or ~/.cache/huggingface/hub; it need not exist.
std::filesystem::path huggingface_cache();

}  // namespace diptych
