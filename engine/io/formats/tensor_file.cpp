#include "engine/io/formats/tensor_file.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "engine/core/error.h"
#include "engine/io/formats/safetensors.h"

namespace diptych {
namespace {

template <typename T>
std::vector<int64_t> widened(const Tensor& tensor) {
  const std::span<T> values = tensor.span<T>();
  return {values.begin(), values.end()};
}

}  // namespace

TensorMap read_tensors(Context& ctx, const std::filesystem::path& path) {
  const auto file = SafetensorsFile::open(path);
  TensorMap tensors;
  for (const std::string& name : file->names()) {
    const WeightView view = file->require(name);
    Tensor tensor = ctx.output(view.dims, view.type);
    if (view.bytes > 0 && !tensor.is_meta()) std::memcpy(tensor.raw(), view.data, view.bytes);
    tensors.emplace(name, std::move(tensor));
  }
  return tensors;
}

void write_tensors(const std::filesystem::path& path, const TensorMap& tensors) {
  std::vector<NamedTensor> named;
  for (const auto& [name, tensor] : tensors) {
    assert(tensor.contiguous() && !tensor.is_meta());
    named.push_back({name, tensor.dtype(), tensor.shape(), {tensor.raw(), static_cast<size_t>(tensor.bytes())}});
  }
  write_safetensors(path, named);
}

std::vector<int64_t> integers_of(const Tensor& tensor, const std::string& name) {
  if (tensor.elements() == 0) return {};
  switch (tensor.dtype()) {
    case DType::i64:
      return widened<int64_t>(tensor);
    case DType::i32:
      return widened<int32_t>(tensor);
    case DType::i16:
      return widened<int16_t>(tensor);
    case DType::i8:
      return widened<int8_t>(tensor);
    case DType::u8:
    case DType::boolean:
      return widened<uint8_t>(tensor);
    default:
      throw Error(ErrorCategory::invalid_argument, "cannot read tensor", name,
                  "it is stored as " + std::string(dtype_name(tensor.dtype())), "store it as int64");
  }
}

}  // namespace diptych
