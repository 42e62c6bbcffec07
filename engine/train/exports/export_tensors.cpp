#include "engine/train/exports/export_tensors.h"

#include <cassert>
#include <cstring>

#include "engine/core/error.h"
#include "kernels/common/half.h"

namespace diptych::train {

std::vector<std::byte> stored_values(std::span<const float> values, DType dtype, double factor) {
  if (dtype != DType::f32 && dtype != DType::f16 && dtype != DType::bf16) {
    throw Error(ErrorCategory::unsupported, "cannot export adapter", std::string(dtype_name(dtype)),
                "adapters are not stored in this type", "choose f32, f16 or bf16");
  }
  std::vector<std::byte> bytes(dtype_bytes(dtype, static_cast<int64_t>(values.size())));
  for (size_t i = 0; i < values.size(); ++i) {
    const float value = factor == 1 ? values[i] : static_cast<float>(static_cast<double>(values[i]) * factor);
    if (dtype == DType::f32) {
      std::memcpy(&bytes[4 * i], &value, 4);
    } else {
      const uint16_t half = dtype == DType::f16 ? f32_to_f16(value) : f32_to_bf16(value);
      std::memcpy(&bytes[2 * i], &half, 2);
    }
  }
  return bytes;
}

void ExportTensors::add(const std::string& name, const Tensor& x, const Shape& shape, double factor) {
  assert(shape.elements() == x.elements());
  bytes_.push_back(stored_values(x, dtype_, factor));
  tensors_[name] = {name, dtype_, shape, bytes_.back()};
}

void ExportTensors::add_number(const std::string& name, double value) {
  const auto number = static_cast<float>(value);
  bytes_.emplace_back(4);
  std::memcpy(bytes_.back().data(), &number, 4);
  tensors_[name] = {name, DType::f32, Shape{}, bytes_.back()};
}

void ExportTensors::write(const std::filesystem::path& path, const std::map<std::string, std::string>& metadata) const {
  std::vector<NamedTensor> list;
  for (const auto& [name, tensor] : tensors_) list.push_back(tensor);
  write_safetensors(path, list, metadata);
}

}  // namespace diptych::train
