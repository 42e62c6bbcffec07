#include "models/common/rope_scaling.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numbers>

#include "engine/core/error.h"

namespace diptych::models {
namespace {

using Scaling = RopeParameters::Scaling;
constexpr double pi = std::numbers::pi;

double llama3_frequency(double frequency, const RopeParameters& p) {
  const double wavelength = 2 * pi / frequency, original = static_cast<double>(p.original_context);
  if (wavelength < original / p.high_freq_factor) return frequency;
  if (wavelength > original / p.low_freq_factor) return frequency / p.factor;
  const double smooth = (original / wavelength - p.low_freq_factor) / (p.high_freq_factor - p.low_freq_factor);
  return (1 - smooth) * frequency / p.factor + smooth * frequency;
}

// Where yarn passes from extrapolation (fast dimensions) to interpolation (slow ones).
struct YarnRamp {
  double low, high;

  explicit YarnRamp(const RopeParameters& p) {
    const auto dimension = [&](double rotations) {
      return static_cast<double>(p.rotary_dim) *
             std::log(static_cast<double>(p.original_context) / (rotations * 2 * pi)) / (2 * std::log(p.theta));
    };
    low = dimension(p.beta_fast);
    high = dimension(p.beta_slow);
    if (p.truncate) {
      low = std::floor(low);
      high = std::ceil(high);
    }
    low = std::max(low, 0.0);
    high = std::min(high, static_cast<double>(p.rotary_dim - 1));
    if (low == high) high += 0.001;
  }
  double interpolated(int64_t i) const { return std::clamp((static_cast<double>(i) - low) / (high - low), 0.0, 1.0); }
};

double yarn_magnitude(double scale, double mscale = 1) {
  return scale <= 1 ? 1.0 : 0.1 * mscale * std::log(scale) + 1.0;
}

// A number of a nested object, or nothing where it is missing or null.
std::optional<double> number_in(const HfConfig& config, const nlohmann::json* object, const char* key) {
  if (object == nullptr) return std::nullopt;
  const auto found = object->find(key);
  if (found == object->end() || found->is_null()) return std::nullopt;
  if (!found->is_number()) config.fail(std::string("rope ") + key, "is not a number");
  return found->get<double>();
}

std::string type_of(const HfConfig& config, const nlohmann::json* object) {
  if (object == nullptr) return "default";
  for (const char* key : {"rope_type", "type"}) {
    const auto found = object->find(key);
    if (found == object->end() || found->is_null()) continue;
    if (!found->is_string()) config.fail(key, "is not a text");
    return found->get<std::string>();
  }
  return "default";
}

void check(const RopeParameters& p, const std::string& path) {
  const bool sane = p.theta > 1 && p.factor > 0 && p.rotary_dim >= 2 && p.rotary_dim % 2 == 0 &&
                    (p.scaling == Scaling::none || p.scaling == Scaling::linear || p.original_context > 0);
  if (!sane) {
    throw Error(ErrorCategory::invalid_file, "cannot load model", path, "its rotary embedding makes no sense",
                "the file is damaged or of a kind that is not known: download it again");
  }
}

}  // namespace

Rope make_rope(const RopeParameters& p, RopeStyle style) {
  Rope rope;
  rope.style = style;
  rope.magnitude = static_cast<float>(p.magnitude);
  const YarnRamp ramp(p);
  for (int64_t i = 0; i < p.rotary_dim / 2; ++i) {
    const double frequency = std::pow(p.theta, -2.0 * static_cast<double>(i) / static_cast<double>(p.rotary_dim));
    double scaled = frequency;
    switch (p.scaling) {
      case Scaling::none:
        break;
      case Scaling::linear:
        scaled = frequency / p.factor;
        break;
      case Scaling::llama3:
        scaled = llama3_frequency(frequency, p);
        break;
      case Scaling::yarn:
        scaled = frequency * (1 - ramp.interpolated(i)) + frequency / p.factor * ramp.interpolated(i);
        break;
    }
    rope.inverse_frequencies.push_back(static_cast<float>(scaled));
  }
  return rope;
}

Rope rope_of_gguf(const GgufConfig& config, WeightLoader& loader, int64_t head_dim, RopeStyle style) {
  RopeParameters p;
  p.rotary_dim = config.extent("rope.dimension_count", head_dim);
  p.theta = config.number("rope.freq_base").value_or(10000.0f);
  const std::string scaling = config.text("rope.scaling.type").value_or("none");
  p.factor = config.number("rope.scaling.factor").value_or(config.number("rope.scale_linear").value_or(1.0f));
  p.original_context = config.extent("rope.scaling.original_context_length", config.extent("context_length", 1));
  if (scaling == "linear" || (scaling == "none" && config.contains("rope.scale_linear"))) {
    p.scaling = Scaling::linear;
  } else if (scaling == "yarn") {
    p.scaling = Scaling::yarn;
    p.beta_fast = config.number("rope.scaling.yarn_beta_fast").value_or(32.0f);
    p.beta_slow = config.number("rope.scaling.yarn_beta_slow").value_or(1.0f);
    p.magnitude = config.number("rope.scaling.attn_factor").value_or(1.0f) * yarn_magnitude(p.factor);
  } else if (scaling != "none") {
    throw Error(ErrorCategory::unsupported, "cannot load model", loader.path(),
                "rope scaling '" + scaling + "' is not supported",
                "choose a model with linear, llama3 or yarn scaling");
  }
  if (p.rotary_dim > head_dim) p.rotary_dim = 0;  // rejected below
  check(p, loader.path());
  Rope rope = make_rope(p, style);
  if (loader.contains("rope_freqs.weight")) {
    const Tensor divisors = loader.vector("rope_freqs.weight", p.rotary_dim / 2);  // [rotary_dim / 2]
    if (!divisors.is_meta()) {
      for (size_t i = 0; i < rope.inverse_frequencies.size(); ++i) {
        const float divisor = divisors.span<float>()[i];
        if (!(divisor > 0)) p.rotary_dim = 0;
        rope.inverse_frequencies[i] /= divisor;
      }
      check(p, loader.path());
    }
  }
  return rope;
}

Rope rope_of_hf(const HfConfig& config, int64_t head_dim, const char* layer_type, double default_theta) {
  const nlohmann::json* given = config.object("rope_parameters");
  if (given != nullptr && layer_type != nullptr) {
    const auto part = given->find(layer_type);
    given = part != given->end() && part->is_object() ? &*part : given;
  }
  if (given == nullptr) given = config.object("rope_scaling");

  RopeParameters p;
  p.theta = number_in(config, given, "rope_theta").value_or(config.number("rope_theta").value_or(default_theta));
  const double partial =
      number_in(config, given, "partial_rotary_factor").value_or(config.number("partial_rotary_factor").value_or(1.0));
  p.rotary_dim = static_cast<int64_t>(static_cast<double>(head_dim) * std::clamp(partial, 0.0, 1.0));
  p.factor = number_in(config, given, "factor").value_or(1.0);
  const int64_t context = config.extent("max_position_embeddings", 1);
  const auto original = number_in(config, given, "original_max_position_embeddings");
  p.original_context = original && *original >= 1 && *original < 1e12 ? static_cast<int64_t>(*original) : context;

  const std::string type = type_of(config, given);
  if (type == "linear") {
    p.scaling = Scaling::linear;
  } else if (type == "llama3") {
    p.scaling = Scaling::llama3;
    p.low_freq_factor = number_in(config, given, "low_freq_factor").value_or(1.0);
    p.high_freq_factor = number_in(config, given, "high_freq_factor").value_or(4.0);
  } else if (type == "yarn") {
    p.scaling = Scaling::yarn;
    if (!number_in(config, given, "factor")) {
      p.factor = static_cast<double>(context) / static_cast<double>(p.original_context);
    }
    p.beta_fast = number_in(config, given, "beta_fast").value_or(32.0);
    p.beta_slow = number_in(config, given, "beta_slow").value_or(1.0);
    if (given->contains("truncate") && (*given)["truncate"].is_boolean()) p.truncate = (*given)["truncate"].get<bool>();
    const double mscale = number_in(config, given, "mscale").value_or(0.0);
    const double mscale_all = number_in(config, given, "mscale_all_dim").value_or(0.0);
    const double inferred = mscale != 0 && mscale_all != 0
                                ? yarn_magnitude(p.factor, mscale) / yarn_magnitude(p.factor, mscale_all)
                                : yarn_magnitude(p.factor);
    p.magnitude = number_in(config, given, "attention_factor").value_or(inferred);
  } else if (type != "default" && type != "none") {
    throw Error(ErrorCategory::unsupported, "cannot load model", "config.json",
                "rope scaling '" + type + "' is not supported", "choose a model with linear, llama3 or yarn scaling");
  }
  check(p, "config.json");
  return make_rope(p, RopeStyle::half);
}

}  // namespace diptych::models
