// sha256 of files, remembered by path, size, time of change and inode, so that a large file is hashed once, whatever it
// is called later.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/core/cancel.h"

namespace diptych {

// What is remembered, read once, to ask after many files.
class KnownHashes {
 public:
  KnownHashes();
  // If the file has not changed since; it may have been renamed.
  std::optional<std::string> of(const std::filesystem::path& file) const;

 private:
  std::map<std::string, std::string> hashes_;  // by what must be unchanged for them to hold
};

// The remembered hash, or a fresh one, which is then remembered where that can be written. `again` hashes in any case.
std::string file_hash(const std::filesystem::path& file, const std::function<void(uint64_t)>& progress = {},
                      const CancelToken& cancel = {}, bool again = false);

// Of a file its hash; of a folder or a set of files (NAME-00001-of-00002.gguf) that of the list of their weights,
// configurations and vocabularies, a line "<sha256>  <name>" each, by name. `progress` hears the bytes done of all.
std::string content_hash(const std::filesystem::path& path, const std::function<void(uint64_t)>& progress = {},
                         const CancelToken& cancel = {});

// The files that it goes through, by name; of a file itself.
std::vector<std::filesystem::path> content_files(const std::filesystem::path& path);

}  // namespace diptych
