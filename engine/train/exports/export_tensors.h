// Tensors of an adapter's file, in its type and in names' order.
#pragma once

#include <deque>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "engine/core/tensor.h"
#include "engine/io/formats/safetensors.h"

namespace diptych::train {

// Values times `factor`, as `dtype` stores them. f32, f16 and bf16.
std::vector<std::byte> stored_values(std::span<const float> values, DType dtype, double factor = 1);
inline std::vector<std::byte> stored_values(const Tensor& x, DType dtype, double factor = 1) {
  return stored_values(x.span<const float>(), dtype, factor);
}

class ExportTensors {
 public:
  explicit ExportTensors(DType dtype) : dtype_(dtype) {}

  void add(const std::string& name, const Tensor& x, const Shape& shape, double factor = 1);
  void add(const std::string& name, const Tensor& x, double factor = 1) { add(name, x, x.shape(), factor); }
  void add_number(const std::string& name, double value);  // f32 []

  void write(const std::filesystem::path& path, const std::map<std::string, std::string>& metadata) const;

 private:
  DType dtype_;
  std::deque<std::vector<std::byte>> bytes_;
  std::map<std::string, NamedTensor> tensors_;
};

}  // namespace diptych::train
