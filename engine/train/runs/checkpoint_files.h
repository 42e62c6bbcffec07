// The names and sums of a checkpoint's files; for checkpoint.cpp and checkpoint_list.cpp.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

namespace diptych::train {

inline constexpr const char* parameters_file = "parameters.safetensors";
inline constexpr const char* optimizer_file = "optimizer.safetensors";
inline constexpr const char* ema_file = "ema.safetensors";
inline constexpr const char* state_file = "state.json";
inline constexpr const char* manifest_file = "manifest.json";
inline constexpr const char* kept_file = "kept";  // empty; not in the manifest

struct FileSum {
  uint64_t bytes = 0;
  uint32_t crc32c = 0;
};
using Manifest = std::map<std::string, FileSum>;  // by path within the folder

void write_manifest(const std::filesystem::path& folder);     // of all files that are in it
Manifest read_manifest(const std::filesystem::path& folder);  // Error (invalid_file)
void verify_manifest(const std::filesystem::path& folder);    // Error (invalid_file) names the file
int64_t manifest_bytes(int files);                            // about

std::string checkpoint_name(int64_t step);                                                      // "step-000123"
std::filesystem::path temporary_checkpoint(const std::filesystem::path& folder, int64_t step);  // ".step-000123.….tmp"
void remove_leftovers(const std::filesystem::path& folder);  // of saves that were killed

}  // namespace diptych::train
