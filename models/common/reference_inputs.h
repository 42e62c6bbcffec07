// The named inputs of a reference's forward, as Denoiser::evaluate takes them one by one. All errors are
// invalid_argument and name the input, but unsupported where one was given that nothing asked for.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "engine/io/tensor_file.h"

namespace diptych::models {

class ReferenceInputs {
 public:
  ReferenceInputs(const TensorMap& tensors, const nlohmann::json& arguments);

  bool contains(const std::string& name) const { return tensors_.contains(name); }
  Tensor tensor(const std::string& name, int rank);            // f32
  Tensor tensor(const std::string& name, const Shape& shape);  // f32; an extent of -1 may be any
  Tensor optional_tensor(const std::string& name, int rank);   // empty where it is not given
  // [count] of f32 or whole numbers; a single one stands for all.
  std::vector<float> numbers(const std::string& name, int64_t count);
  std::vector<float> optional_numbers(const std::string& name, int64_t count);
  std::vector<int32_t> integers(const std::string& name, int64_t count);
  // Of a mask [rows, columns], ones and then zeros: how many ones each row has. Empty: no mask, or nothing masked.
  std::vector<int64_t> optional_lengths(const std::string& name, int64_t rows, int64_t columns);
  nlohmann::json argument(const std::string& name);  // null where it is not given

  void finish() const;  // after the last input was taken

 private:
  const Tensor& find(const std::string& name);

  const TensorMap& tensors_;
  const nlohmann::json& arguments_;
  std::set<std::string> taken_;
};

}  // namespace diptych::models
