#include <algorithm>
#include <cassert>
#include <map>
#include <nlohmann/json.hpp>

#include "engine/core/error.h"
#include "engine/io/atomic_file.h"
#include "engine/io/safetensors.h"

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

}  // namespace

void write_safetensors(const std::filesystem::path& path, std::span<const NamedTensor> tensors,
                       const std::map<std::string, std::string>& metadata) {
  // Wide types first, so that every tensor is aligned for its type.
  std::vector<const NamedTensor*> sorted;
  for (const NamedTensor& tensor : tensors) sorted.push_back(&tensor);
  std::ranges::stable_sort(sorted, std::greater<>(),
                           [](const NamedTensor* t) { return dtype_info(t->type).block_bytes; });

  nlohmann::ordered_json header = nlohmann::ordered_json::object();
  if (!metadata.empty()) header["__metadata__"] = metadata;
  uint64_t offset = 0;
  for (const NamedTensor* tensor : sorted) {
    const char* type = type_name(tensor->type);
    if (type == nullptr || tensor->name == "__metadata__" || header.contains(tensor->name)) {
      throw Error(ErrorCategory::unsupported, "cannot write safetensors file", tensor->name,
                  type == nullptr ? "its type cannot be stored" : "the name is reserved or used twice",
                  "store it differently");
    }
    assert(tensor->data.size() == dtype_bytes(tensor->type, tensor->dims.elements()));
    const auto extents = tensor->dims.extents();
    header[tensor->name] = {{"dtype", type},
                            {"shape", std::vector<int64_t>(extents.begin(), extents.end())},
                            {"data_offsets", {offset, offset + tensor->data.size()}}};
    offset += tensor->data.size();
  }
  std::string text = header.dump();
  text.append((8 - text.size() % 8) % 8, ' ');
  const uint64_t length = text.size();
  AtomicFile file(path);
  file.write(std::string_view(reinterpret_cast<const char*>(&length), sizeof(length)));
  file.write(text);
  for (const NamedTensor* tensor : sorted) file.write(tensor->data);
  file.commit();
}

}  // namespace diptych
