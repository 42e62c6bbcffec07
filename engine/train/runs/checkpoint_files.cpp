#include "engine/train/runs/checkpoint_files.h"

#include <unistd.h>

#include <limits>
#include <nlohmann/json.hpp>

#include "engine/core/error.h"
#include "engine/io/files/atomic_file.h"
#include "engine/io/files/crc32c.h"
#include "engine/io/formats/json_text.h"

namespace diptych::train {
namespace fs = std::filesystem;
namespace {

using nlohmann::json;

[[noreturn]] void fail_checkpoint(const fs::path& path, const std::string& why) {
  throw Error(ErrorCategory::invalid_file, "cannot read checkpoint", path.string(), why,
              "resume from an older checkpoint");
}

// A relative path that stays inside the folder.
bool stays_inside(const std::string& name) {
  const fs::path path(name);
  if (name.empty() || path.is_absolute() || name.find('\0') != name.npos) return false;
  for (const fs::path& part : path) {
    if (part.empty() || part == "." || part == "..") return false;
  }
  return true;
}

}  // namespace

void write_manifest(const fs::path& folder) {
  json files = json::object();
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    files[entry.path().lexically_relative(folder).generic_string()] = {
        {"bytes", static_cast<uint64_t>(entry.file_size())}, {"crc32c", crc32c_of_file(entry.path())}};
  }
  write_text_file(folder / manifest_file, json{{"format", 1}, {"files", files}}.dump(1) + "\n");
}

Manifest read_manifest(const fs::path& folder) {
  const fs::path path = folder / manifest_file;
  const json root = read_json_file(path);
  const auto natural = [](const json& value) { return value.is_number_unsigned(); };
  if (!root.is_object() || root.value("format", json()) != 1 || !root.contains("files") || !root["files"].is_object()) {
    fail_checkpoint(path, "it is no list of files");
  }
  Manifest manifest;
  for (const auto& [name, sum] : root["files"].items()) {
    if (!stays_inside(name) || !sum.is_object() || !natural(sum.value("bytes", json())) ||
        !natural(sum.value("crc32c", json())) || sum["crc32c"].get<uint64_t>() > std::numeric_limits<uint32_t>::max()) {
      fail_checkpoint(path, "the entry \"" + name + "\" is damaged");
    }
    manifest[name] = {sum["bytes"].get<uint64_t>(), sum["crc32c"].get<uint32_t>()};
  }
  for (const char* name : {parameters_file, optimizer_file, state_file}) {
    if (!manifest.contains(name)) fail_checkpoint(path, "it does not list " + std::string(name));
  }
  return manifest;
}

void verify_manifest(const fs::path& folder) {
  for (const auto& [name, sum] : read_manifest(folder)) {
    const fs::path path = folder / name;
    std::error_code error;
    const uint64_t bytes = fs::is_regular_file(path, error) ? fs::file_size(path, error) : 0;
    if (error || !fs::exists(path, error)) fail_checkpoint(path, "it is missing");
    if (bytes != sum.bytes) {
      fail_checkpoint(path, "it has " + std::to_string(bytes) + " of " + std::to_string(sum.bytes) + " bytes");
    }
    if (crc32c_of_file(path) != sum.crc32c) fail_checkpoint(path, "its bytes are not those that were written");
  }
}

int64_t manifest_bytes(int files) {
  return 64 + 128 * static_cast<int64_t>(files);
}

std::string checkpoint_name(int64_t step) {
  const std::string digits = std::to_string(step);
  return "step-" + (digits.size() < 6 ? std::string(6 - digits.size(), '0') : "") + digits;
}

fs::path temporary_checkpoint(const fs::path& folder, int64_t step) {
  return folder / ("." + checkpoint_name(step) + "." + std::to_string(::getpid()) + ".tmp");
}

void remove_leftovers(const fs::path& folder) {
  std::error_code error;
  std::vector<fs::path> leftovers;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with(".step-") && name.ends_with(".tmp")) leftovers.push_back(entry.path());
  }
  for (const fs::path& leftover : leftovers) fs::remove_all(leftover, error);
}

}  // namespace diptych::train
