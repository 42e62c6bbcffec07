#include "engine/diffusion/recipe/parameters_control.h"

#include <algorithm>
#include <set>
#include <string_view>

#include "engine/diffusion/prompt/prompt_text.h"
#include "engine/diffusion/recipe/parameters_text.h"
#include "engine/diffusion/recipe/recipe_reader.h"
#include "engine/diffusion/recipe/recipe_values.h"

namespace diptych::diffusion {
namespace {

constexpr const char* balanced_mode = "Balanced";
constexpr const char* guess_mode = "ControlNet is more important";  // leaves the unconditional half alone
constexpr size_t shown_hash_digits = 10;

// How the map was fitted and shown, and what it took: no part of what the model is told.
bool says_nothing_of_control(std::string_view key) {
  static const std::set<std::string_view> keys{"Resize Mode", "Low Vram",      "Processor Res",
                                               "Hr Option",   "Pixel Perfect", "Save Detected Map"};
  return keys.contains(key);
}

struct CannyThresholds {
  std::string low, high;
};

// "canny:50:150" -> 50, 150
CannyThresholds thresholds_of(const std::string& preprocess) {
  const size_t low = preprocess.find(':');
  const size_t high = low == std::string::npos ? low : preprocess.find(':', low + 1);
  if (high == std::string::npos) return {};
  return {preprocess.substr(low + 1, high - low - 1), preprocess.substr(high + 1)};
}

}  // namespace

std::string bracketed_file(const RecipeFile& file) {
  return file.hash.empty() ? file.name : file.name + " [" + file.hash.substr(0, shown_hash_digits) + "]";
}

RecipeFile read_bracketed_file(const std::string& text) {
  const size_t open = text.rfind(" [");
  if (open == std::string::npos || !text.ends_with(']')) return {text, ""};
  return {text.substr(0, open), text.substr(open + 2, text.size() - open - 3)};
}

std::string write_control_parameters(const RecipeControl& control) {
  const std::string module = control.preprocess.substr(0, control.preprocess.find(':'));
  std::string text = "Module: " + (module.empty() ? "none" : module) + ", Model: " + bracketed_file(control.model) +
                     ", Weight: " + write_decimal(control.scale);
  if (const CannyThresholds canny = thresholds_of(control.preprocess); !canny.low.empty()) {
    text += ", Threshold A: " + canny.low + ", Threshold B: " + canny.high;
  }
  return text + ", Guidance Start: " + write_decimal(control.begin) + ", Guidance End: " + write_decimal(control.end) +
         ", Control Mode: " + (control.guess ? guess_mode : balanced_mode);
}

void take_control_parameters(RestoredRecipe& restored, const std::string& key, const std::string& value) {
  const auto values = parse_parameter_line(value);
  if (std::ranges::none_of(values, [](const auto& one) { return one.first == "Model" && !one.second.empty(); })) {
    restored.unrestored.push_back({key, value});  // of the extension's first versions, or another's
    return;
  }
  RecipeControl control;
  std::optional<double> scale, begin, end;
  CannyThresholds thresholds;
  for (const auto& [name, said] : values) {
    const std::string whole = key + " " + name;
    if (name == "Module")
      control.preprocess = said == "none" || said == "None" ? "" : said;
    else if (name == "Model")
      control.model = read_bracketed_file(said);
    else if (name == "Weight")
      take_number(restored, whole, said, scale);
    else if (name == "Guidance Start")
      take_number(restored, whole, said, begin);
    else if (name == "Guidance End")
      take_number(restored, whole, said, end);
    else if (name == "Threshold A")
      thresholds.low = said;
    else if (name == "Threshold B")
      thresholds.high = said;
    else if (name == "Control Mode" && said == guess_mode)
      control.guess = true;
    else if (!says_nothing_of_control(name) && !(name == "Control Mode" && said == balanced_mode))
      restored.unrestored.push_back({whole, said});
  }
  if (!thresholds.low.empty() && !thresholds.high.empty() && !control.preprocess.empty()) {
    control.preprocess += ":" + thresholds.low + ":" + thresholds.high;
  }
  control.scale = scale.value_or(control.scale);
  control.begin = begin.value_or(control.begin);
  control.end = end.value_or(control.end);
  restored.recipe.controls.push_back(std::move(control));
}

}  // namespace diptych::diffusion
