#include "engine/train/data/encoding_cache.h"

#include <utility>
#include <vector>

#include "engine/core/error.h"
#include "engine/io/files/sha256.h"
#include "engine/io/formats/safetensors.h"

namespace diptych::train {
namespace {

namespace fs = std::filesystem;

// Parts with their lengths, so that no two lists of parts run together into the same bytes.
std::string digest_of(std::initializer_list<std::string_view> parts) {
  Sha256 hash;
  for (const std::string_view part : parts) {
    const std::string framed = std::to_string(part.size()) + ":" + std::string(part);
    hash.update(std::as_bytes(std::span(framed)));
  }
  return hash.finish();
}

std::string size_text(PictureSize size) {
  return std::to_string(size.width) + "x" + std::to_string(size.height);
}

// Of names, shapes and bytes, by name.
std::string checksum(const TensorMap& tensors) {
  Sha256 hash;
  for (const auto& [name, tensor] : tensors) {
    std::string head = name + '\0' + std::string(dtype_name(tensor.dtype()));
    for (const int64_t extent : tensor.shape().extents()) head += "," + std::to_string(extent);
    hash.update(std::as_bytes(std::span(head)));
    hash.update({tensor.raw(), static_cast<size_t>(tensor.bytes())});
  }
  return hash.finish();
}

}  // namespace

std::string latent_key(const TrainingPicture& picture, const Placement& placement, std::string_view encoder,
                       DType dtype) {
  const std::string corner = std::to_string(placement.crop_left) + "," + std::to_string(placement.crop_top);
  return digest_of({"latents 1", picture.sha256, size_text(placement.scaled), size_text(placement.bucket), corner,
                    placement.flipped ? "flipped" : "", encoder, dtype_name(dtype)});
}

std::string text_key(std::string_view caption, std::string_view encoder, std::string_view settings, DType dtype) {
  return digest_of({"text 1", caption, encoder, settings, dtype_name(dtype)});
}

fs::path EncodingCache::file_of(const std::string& key) const {
  return folder_ / key.substr(0, 2) / (key + ".safetensors");
}

bool EncodingCache::read(Context& ctx, const std::string& key, TensorMap& tensors) {
  const fs::path path = file_of(key);
  std::error_code none;
  if (!fs::exists(path, none)) return false;
  try {
    const auto file = SafetensorsFile::open(path);
    const auto& metadata = file->metadata();
    const auto stored_key = metadata.find("key"), stored_sum = metadata.find("sha256");
    if (stored_key != metadata.end() && stored_key->second == key && stored_sum != metadata.end()) {
      tensors = read_tensors(ctx, path);
      if (checksum(tensors) == stored_sum->second) return true;
    }
  } catch (const Error& error) {
    if (error.category() == ErrorCategory::out_of_memory || error.category() == ErrorCategory::cancelled) throw;
  }
  tensors.clear();
  ++counts_.damaged;
  return false;
}

void EncodingCache::write(const std::string& key, const TensorMap& tensors) {
  if (!problem_.empty()) return;
  std::vector<NamedTensor> named;
  for (const auto& [name, tensor] : tensors)
    named.push_back({name, tensor.dtype(), tensor.shape(), {tensor.raw(), static_cast<size_t>(tensor.bytes())}});
  try {
    write_safetensors(file_of(key), named, {{"key", key}, {"sha256", checksum(tensors)}});
  } catch (const Error& error) {
    if (error.category() != ErrorCategory::io) throw;
    problem_ = error.what();
  }
}

TensorMap EncodingCache::get(Context& ctx, const std::string& key, const std::function<TensorMap()>& encode) {
  if (ctx.is_meta()) return encode();
  TensorMap tensors;
  if (read(ctx, key, tensors)) {
    ++counts_.found;
    return tensors;
  }
  tensors = encode();
  ++counts_.made;
  write(key, tensors);
  return tensors;
}

}  // namespace diptych::train
