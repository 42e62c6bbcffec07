#include "tests/golden/compare.h"

#include <cmath>
#include <sstream>

namespace diptych::golden {
namespace {

using nlohmann::ordered_json;

std::string compare_floats(const Tensor& expected, const Tensor& actual, double atol, double rtol) {
  const auto want = expected.span<float>(), got = actual.span<float>();
  size_t wrong = 0, worst = 0;
  double worst_excess = 0;
  for (size_t i = 0; i < want.size(); ++i) {
    const double difference = std::abs(static_cast<double>(got[i]) - want[i]);
    const double excess = difference - (atol + rtol * std::abs(static_cast<double>(want[i])));
    if (std::isfinite(got[i]) && excess <= 0) continue;
    if (wrong++ == 0 || excess > worst_excess) {
      worst = i;
      worst_excess = excess;
    }
  }
  if (wrong == 0) return {};
  std::ostringstream text;
  text << wrong << " of " << want.size() << " values differ, worst at " << worst << ": " << got[worst] << ", expected "
       << want[worst] << " (atol " << atol << ", rtol " << rtol << ")";
  return text.str();
}

std::string compare_integers(const Tensor& expected, const Tensor& actual, const std::string& name) {
  const auto want = integers_of(expected, name), got = integers_of(actual, name);
  size_t wrong = 0;
  for (size_t i = 0; i < want.size(); ++i) wrong += want[i] != got[i];
  return wrong == 0 ? std::string() : std::to_string(wrong) + " of " + std::to_string(want.size()) + " integers differ";
}

std::string compare_tensor(const std::string& name, const Tensor& expected, const Tensor& actual, double atol,
                           double rtol) {
  if (expected.shape() != actual.shape()) {
    return "shape " + actual.shape().str() + ", expected " + expected.shape().str();
  }
  const bool floats = expected.dtype() == DType::f32;
  if (floats != (actual.dtype() == DType::f32)) return "stored as " + std::string(dtype_name(actual.dtype()));
  return floats ? compare_floats(expected, actual, atol, rtol) : compare_integers(expected, actual, name);
}

// The fields of an expected row that the actual one must have too.
std::string compare_row(const ordered_json& expected, const ordered_json& actual) {
  if (expected.contains("error")) {
    return actual.contains("error") && !actual.contains("text") ? "" : "no error, but " + actual.dump();
  }
  for (const auto& [field, value] : expected.items()) {
    if (!actual.contains(field)) return field + " is missing: " + actual.dump();
    if (actual[field] != value) return field + " is " + actual[field].dump() + ", expected " + value.dump();
  }
  return {};
}

}  // namespace

Differences compare(const TensorMap& expected, const TensorMap& actual, const ordered_json& tolerance) {
  Differences differences;
  const ordered_json per_tensor = tolerance.value("per_tensor_atol", ordered_json::object());
  for (const auto& [name, tensor] : expected) {
    const double atol = per_tensor.value(name, tolerance.at("atol").get<double>());
    const auto found = actual.find(name);
    const std::string difference =
        found == actual.end() ? "missing"
                              : compare_tensor(name, tensor, found->second, atol, tolerance.at("rtol").get<double>());
    if (!difference.empty()) differences.push_back(name + ": " + difference);
  }
  return differences;
}

Differences compare(const ordered_json& expected, const ordered_json& actual) {
  if (expected.size() != actual.size()) {
    return {std::to_string(actual.size()) + " rows, expected " + std::to_string(expected.size())};
  }
  Differences differences;
  for (size_t row = 0; row < expected.size(); ++row) {
    const std::string difference = compare_row(expected[row], actual[row]);
    if (!difference.empty()) differences.push_back("row " + std::to_string(row) + ": " + difference);
  }
  return differences;
}

}  // namespace diptych::golden
