// The named arguments of a reference implementation's forward(), checked: what Denoiser::evaluate is given.
#pragma once

#include <initializer_list>
#include <nlohmann/json_fwd.hpp>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "engine/io/formats/tensor_file.h"

namespace diptych::models {

inline constexpr int64_t any_extent = -1;

class ReferenceInputs {
 public:
  // `arguments`: those that are no tensors; the caller reads what it knows of them itself.
  ReferenceInputs(const TensorMap& inputs, std::string architecture)
      : inputs_(inputs), architecture_(std::move(architecture)) {}

  bool contains(const std::string& name) const { return inputs_.contains(name); }

  // f32 of the extents given, any_extent where any will do. Error (invalid_argument): missing, of another type or
  // shape.
  const Tensor& tensor(const std::string& name, std::initializer_list<int64_t> extents);
  // The same, whole numbers being widened to f32.
  Tensor real_tensor(Context& ctx, const std::string& name, std::initializer_list<int64_t> extents);
  // The tensor, or an empty one where there is none.
  Tensor optional_tensor(const std::string& name, std::initializer_list<int64_t> extents);

  // One number per row, from [rows], [1] or a scalar, whole or f32. Error as tensor().
  std::vector<float> numbers(const std::string& name, int64_t rows);
  // Of a mask [rows, columns], ones and then zeros: how many ones each row has. Empty: there is no mask, or nothing is
  // masked.
  std::vector<int64_t> optional_lengths(const std::string& name, int64_t rows, int64_t columns);
  // Whole numbers of any shape.
  std::vector<int64_t> integers(const std::string& name);

  // Error (unsupported) names an input, or an argument that is not null and not among `known_arguments`, that nobody
  // read.
  void refuse_the_rest(const nlohmann::json& arguments, std::initializer_list<const char*> known_arguments = {}) const;

 private:
  const Tensor& require(const std::string& name);

  const TensorMap& inputs_;
  std::string architecture_;
  std::set<std::string> read_;
};

}  // namespace diptych::models
