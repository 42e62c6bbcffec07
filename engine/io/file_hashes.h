// sha256 of files, remembered by path, size, time of change and inode, so that a large file is hashed once.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "engine/core/cancel.h"

namespace diptych {

// The remembered hash, if the file has not changed since.
std::optional<std::string> known_hash(const std::filesystem::path& file);

// The remembered hash, or a fresh one, which is then remembered. `again` hashes in any case.
std::string file_hash(const std::filesystem::path& file, const std::function<void(uint64_t)>& progress = {},
                      const CancelToken& cancel = {}, bool again = false);

// Of a file its hash; of a folder or a set of files (NAME-00001-of-00002.gguf) that of the list of their weights,
// configurations and vocabularies, a line "<sha256>  <name>" each, by name. `progress` hears the bytes done of all.
std::string content_hash(const std::filesystem::path& path, const std::function<void(uint64_t)>& progress = {},
                         const CancelToken& cancel = {});

// The files that it goes through, by name; of a file itself.
std::vector<std::filesystem::path> content_files(const std::filesystem::path& path);

}  // namespace diptych
