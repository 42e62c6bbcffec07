#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "engine/core/error.h"
#include "models/common/rope_scaling.h"

namespace diptych::models {
namespace {

struct LongRopeParameters {
  double theta = 10000, magnitude = 1;
  std::vector<double> short_factors, long_factors;  // rotary_dim / 2
  int64_t original_context = 0;
};

Rope divided(const LongRopeParameters& p, const std::vector<double>& factors) {
  Rope rope;
  rope.magnitude = static_cast<float>(p.magnitude);
  const auto pairs = static_cast<double>(factors.size());
  for (size_t i = 0; i < factors.size(); ++i) {
    const double frequency = std::pow(p.theta, -static_cast<double>(i) / pairs) / factors[i];
    rope.inverse_frequencies.push_back(static_cast<float>(frequency));
  }
  return rope;
}

LongRope long_rope(const LongRopeParameters& p, int64_t rotary_dim, const std::string& path) {
  const auto sane = [&](const std::vector<double>& factors) {
    bool positive = static_cast<int64_t>(factors.size()) == rotary_dim / 2;
    for (const double factor : factors) positive = positive && factor > 0 && std::isfinite(factor);
    return positive;
  };
  if (p.theta <= 1 || p.original_context < 2 || rotary_dim < 2 || !(p.magnitude > 0) || !sane(p.short_factors) ||
      !sane(p.long_factors)) {
    throw Error(ErrorCategory::invalid_file, "cannot load model", path, "its long rotary embedding makes no sense",
                "the file is damaged: download it again");
  }
  return {divided(p, p.short_factors), divided(p, p.long_factors), p.original_context};
}

// What attention's scores grow by, where the file does not say it.
double usual_magnitude(double factor, int64_t original_context) {
  return factor <= 1 ? 1.0 : std::sqrt(1 + std::log(factor) / std::log(static_cast<double>(original_context)));
}

}  // namespace

std::optional<LongRope> long_rope_of_hf(const HfConfig& config, int64_t head_dim) {
  const nlohmann::json* given = config.object("rope_parameters");
  if (given == nullptr) given = config.object("rope_scaling");
  if (given == nullptr) return std::nullopt;
  const auto text = [&](const char* key) {
    const auto found = given->find(key);
    return found != given->end() && found->is_string() ? found->get<std::string>() : std::string();
  };
  const std::string type = text("rope_type").empty() ? text("type") : text("rope_type");
  if (type != "longrope" && type != "su") return std::nullopt;
  const auto number = [&](const char* key) -> std::optional<double> {
    const auto found = given->find(key);
    if (found != given->end() && found->is_number()) return found->get<double>();
    return config.number(key);
  };
  const auto factors = [&](const char* key) {
    std::vector<double> values;
    const auto found = given->find(key);
    if (found == given->end() || !found->is_array()) config.fail(key, "is no list of numbers");
    for (const nlohmann::json& value : *found) values.push_back(value.is_number() ? value.get<double>() : 0);
    return values;
  };
  LongRopeParameters p;
  p.theta = number("rope_theta").value_or(10000);
  p.short_factors = factors("short_factor");
  p.long_factors = factors("long_factor");
  const auto context = static_cast<double>(config.extent("max_position_embeddings", 1));
  const double original = number("original_max_position_embeddings").value_or(context);
  p.original_context = original >= 2 && original <= context ? static_cast<int64_t>(original) : 0;
  p.magnitude = number("attention_factor")
                    .value_or(usual_magnitude(number("factor").value_or(context / original), p.original_context));
  const double partial = std::clamp(number("partial_rotary_factor").value_or(1.0), 0.0, 1.0);
  return long_rope(p, static_cast<int64_t>(static_cast<double>(head_dim) * partial), "config.json");
}

std::optional<LongRope> long_rope_of_gguf(const GgufConfig& config, WeightLoader& loader, int64_t head_dim) {
  if (!loader.contains("rope_factors_long.weight")) return std::nullopt;
  const int64_t rotary_dim = config.extent("rope.dimension_count", head_dim);
  const auto factors = [&](const char* name) {
    const Tensor values = loader.vector(name, rotary_dim / 2);
    if (values.is_meta()) return std::vector<double>(static_cast<size_t>(rotary_dim / 2), 1.0);
    return std::vector<double>(values.span<float>().begin(), values.span<float>().end());
  };
  LongRopeParameters p;
  p.theta = config.number("rope.freq_base").value_or(10000.0f);
  p.short_factors = factors("rope_factors_short.weight");
  p.long_factors = factors("rope_factors_long.weight");
  const int64_t context = config.extent("context_length", 1);
  p.original_context = config.extent("rope.scaling.original_context_length", context);
  const double factor = static_cast<double>(context) / static_cast<double>(p.original_context);
  p.magnitude = config.number("rope.scaling.attn_factor")
                    .value_or(static_cast<float>(usual_magnitude(factor, p.original_context)));
  return long_rope(p, rotary_dim, loader.path());
}

}  // namespace diptych::models
