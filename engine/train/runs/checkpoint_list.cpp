#include <algorithm>
#include <system_error>

#include "engine/core/error.h"
#include "engine/io/files/atomic_file.h"
#include "engine/train/runs/checkpoint.h"
#include "engine/train/runs/checkpoint_files.h"

namespace diptych::train {
namespace fs = std::filesystem;
namespace {

// The step of a folder's name; none: it is no checkpoint.
std::optional<int64_t> step_of(const std::string& name) {
  constexpr std::string_view prefix = "step-";
  const std::string digits = name.starts_with(prefix) ? name.substr(prefix.size()) : "";
  if (digits.empty() || digits.size() > 15 || digits.find_first_not_of("0123456789") != digits.npos) return {};
  return std::stoll(digits);
}

int64_t folder_bytes(const fs::path& folder) {
  int64_t bytes = 0;
  std::error_code error;
  for (const auto& entry : fs::recursive_directory_iterator(folder, error)) {
    if (!entry.is_regular_file(error)) continue;
    const auto size = entry.file_size(error);
    if (!error) bytes += static_cast<int64_t>(size);
  }
  return bytes;
}

}  // namespace

std::vector<Checkpoint> list_checkpoints(const fs::path& folder) {
  std::vector<Checkpoint> list;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    const auto step = step_of(entry.path().filename().string());
    if (!step || !entry.is_directory(error)) continue;
    list.push_back({*step, entry.path(), folder_bytes(entry.path()), fs::exists(entry.path() / kept_file, error)});
  }
  std::ranges::sort(list, {}, &Checkpoint::step);
  return list;
}

void verify_checkpoint(const fs::path& checkpoint) {
  std::error_code error;
  if (!fs::exists(checkpoint / manifest_file, error)) {
    throw Error(ErrorCategory::invalid_file, "cannot read checkpoint", checkpoint.string(),
                "it has no " + std::string(manifest_file), "resume from an older checkpoint");
  }
  verify_manifest(checkpoint);
}

NewestCheckpoint find_newest_checkpoint(const fs::path& folder) {
  NewestCheckpoint result;
  std::vector<Checkpoint> list = list_checkpoints(folder);
  for (auto one = list.rbegin(); one != list.rend(); ++one) {
    try {
      verify_checkpoint(one->path);
      result.checkpoint = *one;
      return result;
    } catch (const Error& error) {
      result.skipped.push_back(one->path.filename().string() + ": " + error.thing() + ": " + error.why());
    }
  }
  return result;
}

void keep_checkpoint(const fs::path& checkpoint, bool kept) {
  if (kept) return write_text_file(checkpoint / kept_file, "\n");
  std::error_code error;
  fs::remove(checkpoint / kept_file, error);
}

std::vector<fs::path> rotate_checkpoints(const fs::path& folder, const Rotation& rotation) {
  const std::vector<Checkpoint> list = list_checkpoints(folder);
  int64_t bytes = 0, count = 0;
  for (const Checkpoint& one : list) {
    bytes += one.bytes;
    count += one.kept ? 0 : 1;
  }
  std::vector<fs::path> removed;
  for (size_t i = 0; i + 1 < list.size(); ++i) {
    const bool too_many = rotation.count > 0 && count > rotation.count;
    const bool too_large = rotation.budget_bytes > 0 && bytes > rotation.budget_bytes;
    if (list[i].kept || !(too_many || too_large)) continue;
    // First out of its name: what a kill leaves half removed is no checkpoint.
    const fs::path going = temporary_checkpoint(folder, list[i].step);
    std::error_code error;
    fs::rename(list[i].path, going, error);
    if (error) continue;
    fs::remove_all(going, error);
    removed.push_back(list[i].path);
    bytes -= list[i].bytes;
    --count;
  }
  return removed;
}

}  // namespace diptych::train
