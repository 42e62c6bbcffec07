// Files that go with models, in folders of their own beside them: adapters in "loras" or "Lora", textual inversions in
// "embeddings", autoencoders in "VAE", …, as ComfyUI and A1111 keep them (kind_of_folder_name()).
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "engine/io/library/model_description.h"

namespace diptych {

// Those beside the model (in its folder and in those that it lies in), then those of the library; of a name the first
// file counts, and files that would be refused are left out. An empty `model`: the library's alone.
std::vector<std::filesystem::path> side_files(ModelKind kind, const std::filesystem::path& model);

// A path, or a name with or without its ending and the folders around it; what is beside the model comes first. Error:
// not_found says where it was looked for and what is there; invalid_argument (several have this name).
std::filesystem::path resolve_side_file(ModelKind kind, std::string_view name_or_path,
                                        const std::filesystem::path& model);

// A name of the library, never a path. Errors as above.
std::filesystem::path resolve_library_file(ModelKind kind, std::string_view name);

// What a prompt calls it by.
std::string side_file_name(const std::filesystem::path& path);

}  // namespace diptych
