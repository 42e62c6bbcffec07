#include "engine/io/formats/weights.h"

#include <cstring>

#include "engine/core/error.h"

namespace diptych {
namespace {

size_t element_alignment(DType type) {
  if (is_quantized(type)) return 1;  // kernels read blocks byte by byte or unaligned
  return static_cast<size_t>(dtype_info(type).block_bytes);
}

std::string supported_types() {
  std::string list;
  for (int i = 0; i <= static_cast<int>(DType::mxfp4); ++i) {
    list += (i ? ", " : "") + std::string(dtype_name(static_cast<DType>(i)));
  }
  return list;
}

}  // namespace

bool WeightFile::add(WeightEntry entry) {
  if (!index_.try_emplace(entry.name, entries_.size()).second) return false;
  entries_.push_back(std::move(entry));
  return true;
}

std::vector<std::string> WeightFile::names() const {
  std::vector<std::string> names;
  names.reserve(entries_.size());
  for (const WeightEntry& entry : entries_) names.push_back(entry.name);
  return names;
}

const WeightEntry* WeightFile::entry(std::string_view name) const {
  const auto found = index_.find(name);
  return found == index_.end() ? nullptr : &entries_[found->second];
}

std::optional<WeightView> WeightFile::find(std::string_view name) const {
  const WeightEntry* found = entry(name);
  if (found == nullptr) return std::nullopt;
  if (!found->type) {
    throw Error(ErrorCategory::unsupported, "cannot use weight", found->name + " of " + path_,
                "type " + std::string(found->type_name) + " is not supported", "supported are " + supported_types());
  }
  const std::shared_ptr<const MappedFile>& file = files_[found->file];
  const auto bytes = file->bytes().subspan(found->offset, found->bytes);
  WeightView view{*found->type, found->dims, bytes.data(), bytes.size(), file, file, found->offset};
  const size_t alignment = element_alignment(view.type);
  if (reinterpret_cast<uintptr_t>(bytes.data()) % alignment != 0) {  // safetensors promises no alignment
    const auto copy = std::make_shared<std::vector<std::byte>>(bytes.begin(), bytes.end());
    view.data = copy->data();
    view.keep_alive = copy;
    view.release();
    view.file = nullptr;
  }
  return view;
}

WeightView WeightFile::require(std::string_view name) const {
  if (auto view = find(name)) return *std::move(view);
  throw Error(ErrorCategory::invalid_file, "cannot load model", path_,
              "the weight " + std::string(name) + " is missing",
              "the file is incomplete or of another architecture: download it again");
}

int64_t WeightFile::parameters() const {
  int64_t sum = 0;
  for (const WeightEntry& entry : entries_) sum += entry.dims.elements();
  return sum;
}

}  // namespace diptych
