#include "models/common/reference_inputs.h"

#include <algorithm>
#include <limits>

#include "engine/core/error.h"

namespace diptych::models {
namespace {

[[noreturn]] void refuse_input(const std::string& name, const std::string& why, const std::string& to_do) {
  throw Error(ErrorCategory::invalid_argument, "cannot evaluate", name, why, to_do);
}

std::vector<double> values_of(const Tensor& tensor, const std::string& name) {
  if (tensor.dtype() == DType::f32) {
    const auto values = tensor.span<float>();
    return {values.begin(), values.end()};
  }
  const std::vector<int64_t> values = integers_of(tensor, name);
  return {values.begin(), values.end()};
}

}  // namespace

ReferenceInputs::ReferenceInputs(const TensorMap& tensors, const nlohmann::json& arguments)
    : tensors_(tensors), arguments_(arguments) {}

const Tensor& ReferenceInputs::find(const std::string& name) {
  const auto found = tensors_.find(name);
  if (found == tensors_.end()) refuse_input(name, "the input is missing", "give all inputs of the reference's forward");
  taken_.insert(name);
  return found->second;
}

Tensor ReferenceInputs::tensor(const std::string& name, int rank) {
  const Tensor& tensor = find(name);
  if (tensor.dtype() != DType::f32 || tensor.shape().rank() != rank || tensor.elements() == 0) {
    refuse_input(name, "it is " + std::string(dtype_name(tensor.dtype())) + " " + tensor.shape().str(),
                 "give float32 of rank " + std::to_string(rank));
  }
  return tensor;
}

Tensor ReferenceInputs::tensor(const std::string& name, const Shape& shape) {
  const Tensor given = tensor(name, shape.rank());
  for (int axis = 0; axis < shape.rank(); ++axis) {
    if (shape[axis] < 0 || shape[axis] == given.dim(axis)) continue;
    refuse_input(name, "it is " + given.shape().str(),
                 "its axis " + std::to_string(axis) + " must have " + std::to_string(shape[axis]));
  }
  return given;
}

Tensor ReferenceInputs::optional_tensor(const std::string& name, int rank) {
  return contains(name) ? tensor(name, rank) : Tensor();
}

std::vector<float> ReferenceInputs::numbers(const std::string& name, int64_t count) {
  const std::vector<double> values = values_of(find(name), name);
  if (values.size() != 1 && static_cast<int64_t>(values.size()) != count) {
    refuse_input(name, "it has " + std::to_string(values.size()) + " values", "give " + std::to_string(count));
  }
  std::vector<float> result;
  for (int64_t i = 0; i < count; ++i) {
    result.push_back(static_cast<float>(values[values.size() == 1 ? 0 : static_cast<size_t>(i)]));
  }
  return result;
}

std::vector<float> ReferenceInputs::optional_numbers(const std::string& name, int64_t count) {
  return contains(name) ? numbers(name, count) : std::vector<float>();
}

std::vector<int32_t> ReferenceInputs::integers(const std::string& name, int64_t count) {
  std::vector<int32_t> result;
  for (const int64_t value : integers_of(find(name), name)) {
    if (value < std::numeric_limits<int32_t>::min() || value > std::numeric_limits<int32_t>::max()) {
      refuse_input(name, std::to_string(value) + " is too large", "give 32-bit numbers");
    }
    result.push_back(static_cast<int32_t>(value));
  }
  if (static_cast<int64_t>(result.size()) != count) {
    refuse_input(name, "it has " + std::to_string(result.size()) + " values", "give " + std::to_string(count));
  }
  return result;
}

std::vector<int64_t> ReferenceInputs::optional_lengths(const std::string& name, int64_t rows, int64_t columns) {
  if (!contains(name)) return {};
  const Tensor& mask = find(name);
  if (mask.shape() != Shape{rows, columns}) {
    refuse_input(name, "its shape is " + mask.shape().str(), "give " + Shape{rows, columns}.str());
  }
  const std::vector<double> values = values_of(mask, name);
  std::vector<int64_t> lengths;
  for (auto row = values.begin(); row != values.end(); row += columns) {
    const auto end = std::find(row, row + columns, 0.0);
    if (end == row || std::any_of(end, row + columns, [](double value) { return value != 0; })) {
      refuse_input(name, "a row is not ones and then zeros", "pad texts on the right");
    }
    lengths.push_back(end - row);
  }
  if (std::ranges::all_of(lengths, [&](int64_t length) { return length == columns; })) lengths.clear();
  return lengths;
}

nlohmann::json ReferenceInputs::argument(const std::string& name) {
  taken_.insert(name);
  const auto found = arguments_.find(name);
  return found == arguments_.end() ? nlohmann::json() : *found;
}

void ReferenceInputs::finish() const {
  const auto check = [&](const std::string& name) {
    if (taken_.contains(name)) return;
    throw Error(ErrorCategory::unsupported, "cannot evaluate", name, "this network is not evaluated with it",
                "leave it out");
  };
  for (const auto& [name, tensor] : tensors_) check(name);
  for (const auto& [name, value] : arguments_.items()) check(name);
}

}  // namespace diptych::models
