#include "engine/io/library/file_hashes.h"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <span>

#include "engine/core/error.h"
#include "engine/io/files/atomic_file.h"
#include "engine/io/files/file_lock.h"
#include "engine/io/files/paths.h"
#include "engine/io/files/sha256.h"
#include "engine/io/formats/json_text.h"

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

bool holds_content(const fs::path& path) {
  constexpr std::array<const char*, 6> endings{".safetensors", ".gguf", ".json", ".txt", ".model", ".jinja"};
  return !path.filename().string().starts_with('.') &&
         std::ranges::find(endings, path.extension().string()) != endings.end();
}

}  // namespace

KnownHashes::KnownHashes() {
  const json root = read_store();
  for (const auto& [path, entry] : root.items()) {
    if (!entry.is_object()) continue;
    const auto text = [&entry = entry](const char* key) {
      const auto found = entry.find(key);
      return found != entry.end() && found->is_string() ? found->get<std::string>() : std::string();
    };
    if (std::string hash = text("sha256"); hash.size() == 64) hashes_[text("file")] = std::move(hash);
  }
}

std::optional<std::string> KnownHashes::of(const fs::path& file) const {
  const auto found = hashes_.find(fingerprint(file));
  if (found == hashes_.end() || found->first.empty()) return std::nullopt;
  return found->second;
}

std::string file_hash(const fs::path& file, const std::function<void(uint64_t)>& progress, const CancelToken& cancel,
                      bool again) {
  if (!again) {
    if (auto known = KnownHashes().of(file)) return *known;
  }
  const std::string before = fingerprint(file);
  std::string hash = sha256_file(file, progress, cancel);
  if (fingerprint(file) != before) return hash;
  try {
    const FileLock lock(hashes_file().string() + ".lock", cancel);
    json root = read_store();
    root[fs::absolute(file).string()] = {{"file", before}, {"sha256", hash}};
    write_text_file(hashes_file(), json_text(root, 1));
  } catch (const Error&) {  // a full disk, or one that is not to be written to: it is hashed again next time
  }
  return hash;
}

std::vector<fs::path> content_files(const fs::path& path) {
  std::error_code error;
  std::vector<fs::path> files;
  if (fs::is_directory(path, error)) {
    for (fs::recursive_directory_iterator at(path, error), end; !error && at != end; at.increment(error)) {
      if (at.depth() >= 2) at.disable_recursion_pending();
      std::error_code ignored;
      if (holds_content(at->path()) && at->is_regular_file(ignored)) files.push_back(at->path());
    }
  } else {
    const std::string stem = path.stem().string();
    const size_t number = stem.rfind("-00001-of-");
    if (number == std::string::npos) return {path};
    for (fs::directory_iterator at(path.parent_path(), error), end; !error && at != end; at.increment(error)) {
      const std::string name = at->path().stem().string();
      if (at->path().extension() == path.extension() && name.starts_with(stem.substr(0, number + 1)) &&
          name.ends_with(stem.substr(number + 6)))
        files.push_back(at->path());
    }
  }
  std::ranges::sort(files);
  return files;
}

std::string content_hash(const fs::path& path, const std::function<void(uint64_t)>& progress,
                         const CancelToken& cancel) {
  const std::vector<fs::path> files = content_files(path);
  if (files.size() == 1 && files.front() == path) return file_hash(path, progress, cancel);
  std::error_code error;
  const fs::path base = fs::is_directory(path, error) ? path : path.parent_path();
  uint64_t before = 0;
  Sha256 whole;
  for (const fs::path& file : files) {
    const auto heard = [&](uint64_t bytes) {
      if (progress) progress(before + bytes);
    };
    const std::string line =
        file_hash(file, heard, cancel) + "  " + file.lexically_relative(base).generic_string() + "\n";
    whole.update(std::as_bytes(std::span(line)));
    const auto bytes = fs::file_size(file, error);
    if (!error) before += bytes;
  }
  return whole.finish();
}

}  // namespace diptych
