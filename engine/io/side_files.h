// Files that go with models, in folders of their own beside them: adapters in "loras" or "Lora", textual inversions in
// "embeddings", as ComfyUI and A1111 keep them.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace diptych {

enum class SideFile { adapter, embedding };

// Those beside the model (in its folder and in the one that it lies in), in the library's folder, and in every folder
// that the user added; a name's first file counts. An empty `model`: the library's alone.
std::vector<std::filesystem::path> side_files(SideFile kind, const std::filesystem::path& model);

// A path, or a name with or without its ending. Error (not_found) says where it was looked for.
std::filesystem::path resolve_side_file(SideFile kind, std::string_view name_or_path,
                                        const std::filesystem::path& model);

// What a prompt calls it by.
std::string side_file_name(const std::filesystem::path& path);

}  // namespace diptych
