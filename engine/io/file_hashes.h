// sha256 of files, remembered by path, size, time of change and inode, so that a large file is hashed once.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "engine/core/cancel.h"

namespace diptych {

// The remembered hash, if the file has not changed since.
std::optional<std::string> known_hash(const std::filesystem::path& file);

// The remembered hash, or a fresh one, which is then remembered. `again` hashes in any case.
std::string file_hash(const std::filesystem::path& file, const std::function<void(uint64_t)>& progress = {},
                      const CancelToken& cancel = {}, bool again = false);

}  // namespace diptych
