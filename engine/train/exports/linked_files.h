// Files of a model that stay as they are in one that is made of it.
#pragma once

#include <filesystem>
#include <functional>

namespace diptych::train {

// A second name for the file, or a copy where that cannot be. Error (io).
void link_or_copy(const std::filesystem::path& from, const std::filesystem::path& to);

// Every file below `from` that `wanted` takes, by its path from there. Error (io).
void link_files(const std::filesystem::path& from, const std::filesystem::path& to,
                const std::function<bool(const std::filesystem::path& name)>& wanted);

}  // namespace diptych::train
