#include "engine/io/file_hashes.h"

#include <sys/stat.h>

#include <nlohmann/json.hpp>

#include "engine/core/error.h"
#include "engine/io/atomic_file.h"
#include "engine/io/file_lock.h"
#include "engine/io/json_text.h"
#include "engine/io/paths.h"
#include "engine/io/sha256.h"

namespace diptych {
namespace fs = std::filesystem;
namespace {

using nlohmann::json;

fs::path hashes_file() {
  return data_dir() / "hashes.json";
}

json read_store() {
  std::error_code error;
  if (!fs::exists(hashes_file(), error)) return json::object();
  try {
    json root = read_json_file(hashes_file());
    if (root.is_object()) return root;
  } catch (const Error&) {  // only a cache: a damaged one is written anew
  }
  return json::object();
}

// What must be unchanged for a remembered hash to hold; empty where the file does not exist.
std::string fingerprint(const fs::path& file) {
  struct stat status {};
  if (::stat(file.c_str(), &status) != 0) return {};
  return std::to_string(status.st_size) + ":" + std::to_string(status.st_mtim.tv_sec) + "." +
         std::to_string(status.st_mtim.tv_nsec) + ":" + std::to_string(status.st_dev) + ":" +
         std::to_string(status.st_ino);
}

}  // namespace

std::optional<std::string> known_hash(const fs::path& file) {
  const json root = read_store();
  const auto entry = root.find(fs::absolute(file).string());
  if (entry == root.end() || !entry->is_object()) return std::nullopt;
  if (entry->value("file", "") != fingerprint(file)) return std::nullopt;
  const std::string hash = entry->value("sha256", "");
  if (hash.size() != 64) return std::nullopt;
  return hash;
}

std::string file_hash(const fs::path& file, const std::function<void(uint64_t)>& progress, const CancelToken& cancel,
                      bool again) {
  if (!again) {
    if (auto known = known_hash(file)) return *known;
  }
  const std::string before = fingerprint(file);
  std::string hash = sha256_file(file, progress, cancel);
  if (fingerprint(file) == before) {
    const FileLock lock(hashes_file().string() + ".lock", cancel);
    json root = read_store();
    root[fs::absolute(file).string()] = {{"file", before}, {"sha256", hash}};
    write_text_file(hashes_file(), root.dump(1));
  }
  return hash;
}

}  // namespace diptych
