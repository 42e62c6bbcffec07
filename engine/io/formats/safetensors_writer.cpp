#include <algorithm>
#include <cassert>
#include <map>
#include <nlohmann/json.hpp>
#include <unordered_set>
#include <vector>

#include "engine/core/error.h"
#include "engine/io/files/atomic_file.h"
#include "engine/io/formats/safetensors.h"

namespace diptych {
namespace {

const char* type_name(DType type) {
  switch (type) {
    case DType::f32:
      return "F32";
    case DType::f16:
      return "F16";
    case DType::bf16:
      return "BF16";
    case DType::f64:
      return "F64";
    case DType::i8:
      return "I8";
    case DType::u8:
      return "U8";
    case DType::i16:
      return "I16";
    case DType::i32:
      return "I32";
    case DType::i64:
      return "I64";
    case DType::boolean:
      return "BOOL";
    case DType::f8_e4m3:
      return "F8_E4M3";
    case DType::f8_e5m2:
      return "F8_E5M2";
    default:
      return nullptr;
  }
}

struct FileLayout {
  std::string header;                      // padded
  std::vector<const NamedTensor*> sorted;  // as their data stand in the file
  uint64_t data_bytes = 0;
};

FileLayout lay_out(std::span<const NamedTensor> tensors, const std::map<std::string, std::string>& metadata) {
  FileLayout layout;
  // Wide types first, so that every tensor is aligned for its type.
  for (const NamedTensor& tensor : tensors) layout.sorted.push_back(&tensor);
  std::ranges::stable_sort(layout.sorted, std::greater<>(),
                           [](const NamedTensor* t) { return dtype_info(t->type).block_bytes; });
  nlohmann::ordered_json header = nlohmann::ordered_json::object();
  if (!metadata.empty()) header["__metadata__"] = metadata;
  std::unordered_set<std::string_view> names;  // an ordered object looks its keys up one by one
  for (const NamedTensor* tensor : layout.sorted) {
    const char* type = type_name(tensor->type);
    if (type == nullptr || tensor->name == "__metadata__" || !names.insert(tensor->name).second) {
      throw Error(ErrorCategory::unsupported, "cannot write safetensors file", tensor->name,
                  type == nullptr ? "its type cannot be stored" : "the name is reserved or used twice",
                  "store it differently");
    }
    const auto extents = tensor->dims.extents();
    const uint64_t end = layout.data_bytes + dtype_bytes(tensor->type, tensor->dims.elements());
    header.push_back({tensor->name,
                      {{"dtype", type},
                       {"shape", std::vector<int64_t>(extents.begin(), extents.end())},
                       {"data_offsets", {layout.data_bytes, end}}}});
    layout.data_bytes = end;
  }
  layout.header = header.dump();
  layout.header.append((8 - layout.header.size() % 8) % 8, ' ');
  return layout;
}

}  // namespace

uint64_t safetensors_bytes(std::span<const NamedTensor> tensors, const std::map<std::string, std::string>& metadata) {
  const FileLayout layout = lay_out(tensors, metadata);
  return sizeof(uint64_t) + layout.header.size() + layout.data_bytes;
}

void write_safetensors(const std::filesystem::path& path, std::span<const NamedTensor> tensors,
                       const std::map<std::string, std::string>& metadata) {
  const FileLayout layout = lay_out(tensors, metadata);
  const uint64_t length = layout.header.size();
  AtomicFile file(path);
  file.write(std::string_view(reinterpret_cast<const char*>(&length), sizeof(length)));
  file.write(layout.header);
  for (const NamedTensor* tensor : layout.sorted) {
    const std::vector<std::byte> produced = tensor->produce ? tensor->produce() : std::vector<std::byte>();
    const std::span<const std::byte> data = tensor->produce ? std::span(produced) : tensor->data;
    assert(data.size() == dtype_bytes(tensor->type, tensor->dims.elements()));
    file.write(data);
  }
  file.commit();
}

}  // namespace diptych
