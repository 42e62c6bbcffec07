// Recipes as JSON. One list of fields per struct serves both directions.
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "engine/core/error.h"
#include "engine/diffusion/recipe/recipe.h"
#include "engine/io/formats/json_text.h"
#include "engine/text/unicode.h"

namespace diptych::diffusion {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

constexpr int recipe_format = 1;

template <typename V>
void recipe_fields(V& v, RecipeFile& x) {
  v("name", x.name);
  v("hash", x.hash);
}
template <typename V>
void recipe_fields(V& v, RecipeAdapter& x) {
  v("file", x.file);
  v("text_encoder_scale", x.text_encoder_scale);
  v("denoiser_scale", x.denoiser_scale);
  v("in_prompt", x.in_prompt);
}
template <typename V>
void recipe_fields(V& v, RecipeInit& x) {
  v("image", x.image);
  v("mask", x.mask);
  v("strength", x.strength);
  v("mask_blur", x.mask_blur);
  v("padding", x.padding);
  v("outpaint", x.outpaint);
}
template <typename V>
void recipe_fields(V& v, RecipeControl& x) {
  v("model", x.model);
  v("image", x.image);
  v("preprocess", x.preprocess);
  v("scale", x.scale);
  v("begin", x.begin);
  v("end", x.end);
  v("guess", x.guess);
}
template <typename V>
void recipe_fields(V& v, RecipeImagePrompt& x) {
  v("adapter", x.adapter);
  v("image", x.image);
  v("scale", x.scale);
  v("encoder", x.encoder);
}
template <typename V>
void recipe_fields(V& v, RecipePerturbed& x) {
  v("scale", x.scale);
  v("adaptive", x.adaptive);
  v("layers", x.layers);
}
template <typename V>
void recipe_fields(V& v, RecipeRefiner& x) {
  v("model", x.model);
  v("switch_at", x.switch_at);
}
template <typename V>
void recipe_fields(V& v, RecipeHires& x) {
  v("scale", x.scale);
  v("width", x.width);
  v("height", x.height);
  v("steps", x.steps);
  v("strength", x.strength);
  v("upscaler", x.upscaler);
}
template <typename V>
void recipe_fields(V& v, RecipeUpscale& x) {
  v("scale", x.scale);
  v("upscaler", x.upscaler);
  v("tile", x.tile);
  v("overlap", x.overlap);
}
template <typename V>
void recipe_fields(V& v, RecipeVariation& x) {
  v("seed", x.seed);
  v("strength", x.strength);
}
template <typename V>
void recipe_fields(V& v, Recipe& x) {
  v("program", x.program);
  v("engine_version", x.engine_version);
  v("prompt", x.prompt);
  v("negative_prompt", x.negative_prompt);
  v("plain_prompt", x.plain_prompt);
  v("classes", x.classes);
  v("model", x.model);
  v("vae", x.vae);
  v("text_encoders", x.text_encoders);
  v("prediction", x.prediction);
  v("seed", x.seed);
  v("wildcard_seed", x.wildcard_seed);
  v("variation", x.variation);
  v("rng", x.rng);
  v("steps", x.steps);
  v("sampler", x.sampler);
  v("schedule", x.schedule);
  v("eta", x.eta);
  v("guidance", x.guidance);
  v("guidance_rescale", x.guidance_rescale);
  v("guidance_begin", x.guidance_begin);
  v("guidance_end", x.guidance_end);
  v("distilled_guidance", x.distilled_guidance);
  v("flow_shift", x.flow_shift);
  v("width", x.width);
  v("height", x.height);
  v("clip_skip", x.clip_skip);
  v("text_tokens", x.text_tokens);
  v("cache", x.cache);
  v("quantize", x.quantize);
  v("adapters", x.adapters);
  v("embeddings", x.embeddings);
  v("init", x.init);
  v("controls", x.controls);
  v("image_prompts", x.image_prompts);
  v("perturbed_attention", x.perturbed_attention);
  v("refiner", x.refiner);
  v("hires", x.hires);
  v("upscale", x.upscale);
  v("workflow", x.workflow);
}

class RecipeWriter {
 public:
  // What was not said is not written.
  template <typename T>
  void operator()(const char* key, const T& value) {
    ordered_json written = write(value);
    const bool empty = written.is_null() || ((written.is_string() || written.is_structured()) && written.empty());
    if (!empty && written != ordered_json("")) out_[key] = std::move(written);
  }

  static ordered_json write(bool value) { return value; }
  static ordered_json write(int value) { return value; }
  static ordered_json write(uint64_t value) { return value; }
  static ordered_json write(double value) { return std::isfinite(value) ? ordered_json(value) : ordered_json(); }
  static ordered_json write(const std::string& value) { return lossy_utf8(value); }
  template <typename T>
  static ordered_json write(const std::optional<T>& value) {
    return value ? write(*value) : ordered_json();
  }
  template <typename T>
  static ordered_json write(const std::vector<T>& values) {
    ordered_json list = ordered_json::array();
    for (const T& value : values) list.push_back(write(value));
    return list;
  }
  template <typename T>
  static ordered_json write(const T& value) {
    RecipeWriter inner;
    recipe_fields(inner, const_cast<T&>(value));  // it only reads
    return std::move(inner.out_);
  }

 private:
  ordered_json out_ = ordered_json::object();
};

class RecipeReader {
 public:
  RecipeReader(const json& object, std::string path, const std::string& source, std::vector<std::string>* unknown)
      : object_(object), path_(std::move(path)), source_(source), unknown_(unknown) {
    if (!object.is_object()) fail(path_, "is no object");
  }

  template <typename T>
  void operator()(const char* key, T& value) {
    known_.insert(key);
    if (const auto entry = object_.find(key); entry != object_.end()) read(*entry, name_of(key), value);
  }

  void finish() const {
    for (const auto& [key, value] : object_.items()) {
      if (known_.contains(key)) continue;
      if (unknown_ == nullptr) fail(name_of(key), "is not known to this version");
      unknown_->push_back(name_of(key));
    }
  }

  [[noreturn]] void fail(const std::string& name, const std::string& why) const {
    throw Error(ErrorCategory::invalid_file, "cannot read recipe", source_, "\"" + name + "\" " + why,
                "correct it, or use the version of Diptych that wrote it");
  }

 private:
  std::string name_of(const std::string& key) const { return path_.empty() ? key : path_ + "." + key; }

  void read(const json& entry, const std::string& name, std::string& value) const {
    if (!entry.is_string()) fail(name, "is no text");
    value = entry.get<std::string>();
  }
  void read(const json& entry, const std::string& name, bool& value) const {
    if (!entry.is_boolean()) fail(name, "is not true or false");
    value = entry.get<bool>();
  }
  void read(const json& entry, const std::string& name, double& value) const {
    if (!entry.is_number() || !std::isfinite(entry.get<double>())) fail(name, "is no finite number");
    value = entry.get<double>();
  }
  void read(const json& entry, const std::string& name, int& value) const {
    constexpr uint64_t most = std::numeric_limits<int>::max();
    if (!entry.is_number_unsigned() || entry.get<uint64_t>() > most)
      fail(name, "is no whole number from 0 to " + std::to_string(most));
    value = entry.get<int>();
  }
  void read(const json& entry, const std::string& name, uint64_t& value) const {
    if (!entry.is_number_unsigned()) fail(name, "is no whole number of 64 bits");
    value = entry.get<uint64_t>();
  }
  template <typename T>
  void read(const json& entry, const std::string& name, std::optional<T>& value) const {
    read(entry, name, value.emplace());
  }
  template <typename T>
  void read(const json& entry, const std::string& name, std::vector<T>& values) const {
    if (!entry.is_array()) fail(name, "is no list");
    for (const json& item : entry) {
      const std::string item_name = name + "[" + std::to_string(values.size()) + "]";
      read(item, item_name, values.emplace_back());
    }
  }
  template <typename T>
  void read(const json& entry, const std::string& name, T& value) const {
    RecipeReader inner(entry, name, source_, unknown_);
    recipe_fields(inner, value);
    inner.finish();
  }

  const json& object_;
  std::string path_;
  const std::string& source_;
  std::vector<std::string>* unknown_;
  std::set<std::string> known_;
};

}  // namespace

std::string write_recipe(const Recipe& recipe) {
  ordered_json whole = {{"diptych_recipe", recipe_format}};
  whole.update(RecipeWriter::write(recipe));
  return json_text(whole);
}

Recipe parse_recipe(std::string_view text, const std::string& source, std::vector<std::string>* unknown) {
  const json whole = parse_json(text, source);
  Recipe recipe;
  RecipeReader reader(whole, "", source, unknown);
  int format = 0;
  reader("diptych_recipe", format);
  if (format != recipe_format) reader.fail("diptych_recipe", "is no format that this version reads");
  recipe_fields(reader, recipe);
  reader.finish();
  return recipe;
}

}  // namespace diptych::diffusion
