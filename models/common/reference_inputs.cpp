#include "models/common/reference_inputs.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "engine/core/error.h"

namespace diptych::models {
namespace {

[[noreturn]] void refuse_input(const std::string& name, const std::string& why, const std::string& to_do) {
  throw Error(ErrorCategory::invalid_argument, "cannot evaluate", name, why, to_do);
}

std::string written(std::initializer_list<int64_t> extents) {
  std::string text;
  for (const int64_t extent : extents) {
    text += (text.empty() ? "[" : ", ") + (extent == any_extent ? "any" : std::to_string(extent));
  }
  return text + "]";
}

bool fits(const Shape& shape, std::initializer_list<int64_t> extents) {
  return std::equal(shape.extents().begin(), shape.extents().end(), extents.begin(), extents.end(),
                    [](int64_t is, int64_t want) { return want == any_extent ? is > 0 : is == want; });
}

}  // namespace

const Tensor& ReferenceInputs::require(const std::string& name) {
  const auto found = inputs_.find(name);
  if (found == inputs_.end()) refuse_input(name, "the tensor is missing", architecture_ + " needs it");
  read_.insert(name);
  return found->second;
}

const Tensor& ReferenceInputs::tensor(const std::string& name, std::initializer_list<int64_t> extents) {
  const Tensor& found = require(name);
  if (found.dtype() != DType::f32 || !fits(found.shape(), extents)) {
    refuse_input(name, "it is " + std::string(dtype_name(found.dtype())) + " " + found.shape().str(),
                 "give f32 " + written(extents));
  }
  return found;
}

Tensor ReferenceInputs::real_tensor(Context& ctx, const std::string& name, std::initializer_list<int64_t> extents) {
  const Tensor& found = require(name);
  if (found.dtype() == DType::f32 || !fits(found.shape(), extents)) return tensor(name, extents);
  Tensor widened = ctx.output(found.shape());
  std::ranges::transform(integers_of(found, name), widened.data<float>(),
                         [](int64_t value) { return static_cast<float>(value); });
  return widened;
}

Tensor ReferenceInputs::optional_tensor(const std::string& name, std::initializer_list<int64_t> extents) {
  return contains(name) ? tensor(name, extents) : Tensor();
}

std::vector<float> ReferenceInputs::numbers(const std::string& name, int64_t rows) {
  const Tensor& found = require(name);
  if (found.shape().rank() > 1 || (found.elements() != 1 && found.elements() != rows)) {
    refuse_input(name, "its shape is " + found.shape().str(), "give one number, or one for each row");
  }
  std::vector<float> values;
  if (found.dtype() == DType::f32) {
    values.assign(found.data<float>(), found.data<float>() + found.elements());
  } else {
    for (const int64_t value : integers_of(found, name)) values.push_back(static_cast<float>(value));
  }
  if (values.size() == 1) values.resize(static_cast<size_t>(rows), values.front());
  return values;
}

std::vector<int64_t> ReferenceInputs::optional_lengths(const std::string& name, int64_t rows, int64_t columns) {
  if (!contains(name)) return {};
  const Tensor& mask = require(name);
  if (mask.shape() != Shape{rows, columns}) {
    refuse_input(name, "its shape is " + mask.shape().str(), "give " + Shape{rows, columns}.str());
  }
  std::vector<bool> kept;
  if (mask.dtype() == DType::f32) {
    for (const float value : mask.span<float>()) kept.push_back(value != 0);
  } else {
    for (const int64_t value : integers_of(mask, name)) kept.push_back(value != 0);
  }
  std::vector<int64_t> lengths;
  for (auto row = kept.begin(); row != kept.end(); row += columns) {
    const auto end = std::find(row, row + columns, false);
    if (end == row || std::find(end, row + columns, true) != row + columns) {
      refuse_input(name, "a row is not ones and then zeros", "pad texts on the right");
    }
    lengths.push_back(end - row);
  }
  if (std::ranges::all_of(lengths, [&](int64_t length) { return length == columns; })) lengths.clear();
  return lengths;
}

std::vector<int64_t> ReferenceInputs::integers(const std::string& name) {
  return integers_of(require(name), name);
}

void ReferenceInputs::refuse_the_rest(const nlohmann::json& arguments,
                                      std::initializer_list<const char*> known_arguments) const {
  const auto refuse = [&](const std::string& name) {
    throw Error(ErrorCategory::unsupported, "cannot evaluate", name, "it is no input of " + architecture_ + " here",
                "leave it out");
  };
  for (const auto& [name, tensor] : inputs_) {
    if (!read_.contains(name)) refuse(name);
  }
  if (!arguments.is_object()) return;
  for (const auto& argument : arguments.items()) {
    const std::string& name = argument.key();
    const bool known = std::ranges::any_of(known_arguments, [&](const char* other) { return name == other; });
    if (!known && !argument.value().is_null()) refuse(name);
  }
}

}  // namespace diptych::models
