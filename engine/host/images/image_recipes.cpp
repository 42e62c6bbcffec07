#include "engine/host/images/image_recipes.h"

#include <filesystem>
#include <optional>
#include <span>
#include <utility>

#include "engine/core/error.h"
#include "engine/diffusion/prompt/prompt_text.h"
#include "engine/diffusion/recipe/recipe_reader.h"
#include "engine/io/files/ascii.h"
#include "engine/io/images/image.h"
#include "engine/io/library/model_hash.h"

namespace diptych::host {
namespace {

using namespace diffusion;

// A1111 writes ten digits of SHA-256; the eight of its first versions are of another hash.
constexpr size_t fewest_hash_digits = 10;

constexpr const char* distilled_family = "flux";  // that is told the guidance scale

// "checkpoints\Some_Model.safetensors" -> "some_model"
std::string bare_name(const std::string& name) {
  const size_t slash = name.find_last_of("/\\");
  std::string bare = ascii_lower(slash == std::string::npos ? name : name.substr(slash + 1));
  for (const char* ending : {".safetensors", ".ckpt", ".gguf", ".pt", ".pth"}) {
    if (bare.ends_with(ending)) bare.erase(bare.rfind('.'));
  }
  return bare;
}

bool is_hash(const std::string& text) {
  return text.size() >= fewest_hash_digits && text.find_first_not_of("0123456789abcdefABCDEF") == std::string::npos;
}

class SettingsRestorer {
 public:
  explicit SettingsRestorer(const RecipeMaterial& material) : material_(material) {}

  api::RestoredSettings operator()(const RestoredRecipe& from) {
    const Recipe& recipe = from.recipe;
    result_.program = recipe.program;
    result_.recipe = api::parse(write_recipe(recipe)).value_or(api::Json(nullptr));
    result_.workflow = !recipe.workflow.empty();
    take_text(recipe);
    take_model(recipe);
    take_sampling(recipe);
    take_adapters(recipe);
    take_embeddings(recipe);
    take_passes(recipe);
    for (const diffusion::Unrestored& one : from.unrestored) miss(one.name, one.value, "it has no counterpart here");
    return std::move(result_);
  }

 private:
  api::ImageSettings& to() { return result_.settings; }
  void restored(const char* name) { result_.restored.emplace_back(name); }
  void miss(std::string name, std::string value, std::string why) {
    result_.missing.push_back({std::move(name), std::move(value), std::move(why)});
  }
  template <typename T, typename U>
  void take(const char* name, const std::optional<T>& from, U& into) {
    if (!from) return;
    into = static_cast<std::remove_reference_t<decltype(into)>>(*from);
    restored(name);
  }
  void take_seed(const char* name, std::optional<uint64_t> from, std::optional<int64_t>& into) {
    if (from && *from > static_cast<uint64_t>(api::most_seed)) {
      miss(name, std::to_string(*from), "seeds above " + std::to_string(api::most_seed) + " are not taken");
    } else {
      take(name, from, into);
    }
  }
  void take_name(const char* name, const std::string& from, std::string& into) {
    if (from.empty()) return;
    into = from;
    restored(name);
  }

  void take_text(const Recipe& recipe) {
    to().prompt = recipe.prompt;
    restored("prompt");
    take("plain_prompt", recipe.plain_prompt, to().plain_prompt);
    take_list("classes", recipe.classes, to().classes);
    if (recipe.negative_prompt.empty()) return;
    to().negative = recipe.negative_prompt;
    restored("negative");
  }
  void take_list(const char* name, const std::vector<int>& from, std::vector<int>& into) {
    if (from.empty()) return;
    into = from;
    restored(name);
  }

  // Whether a model or file has the hash of a recipe; none where either is not known.
  std::optional<bool> has_hash(const std::string& path, const std::string& hash) const {
    if (!is_hash(hash)) return std::nullopt;
    const auto known = known_model_hash(path, hashes_);
    if (!known) return std::nullopt;
    return known->starts_with(ascii_lower(hash));
  }

  // What has the hash comes before what has the name.
  std::optional<std::string> file_named(const RecipeFile& file, api::ImageFileKind kind) const {
    std::optional<std::string> named;
    for (const api::ImageFile& here : material_.files) {
      if (here.kind != kind) continue;
      if (has_hash(here.path, file.hash) == true) return here.name;
      if (!named && bare_name(here.name) == bare_name(file.name)) named = here.name;
    }
    return named;
  }

  const api::ModelInfo* model_named(const RecipeFile& file) const {
    const api::ModelInfo* named = nullptr;
    const std::string wanted = bare_name(file.name);
    for (const api::ModelInfo& model : material_.models) {
      if (model.kind != api::ModelKind::image) continue;
      if (has_hash(model.path, file.hash) == true) return &model;
      if (wanted.empty() || (bare_name(model.id) != wanted && bare_name(model.name) != wanted)) continue;
      if (named == nullptr) named = &model;
    }
    return named;
  }

  void take_model(const Recipe& recipe) {
    if (!recipe.model.name.empty() || !recipe.model.hash.empty()) {
      if (const api::ModelInfo* model = model_named(recipe.model)) {
        to().model = model->id;
        family_ = model->architecture;
        restored("model");
        if (has_hash(model->path, recipe.model.hash) == false) {
          miss("model hash", recipe.model.hash, "the model of this name that is here has another");
        }
      } else {
        miss("model", recipe.model.name.empty() ? recipe.model.hash : recipe.model.name,
             "no image model of this name or hash is here");
      }
    }
    if (!recipe.vae.name.empty()) {
      if (const auto name = file_named(recipe.vae, api::ImageFileKind::vae)) {
        to().vae = *name;
        restored("vae");
      } else {
        miss("vae", recipe.vae.name, "no autoencoder of this name is in the model folders");
      }
    }
    for (const RecipeFile& encoder : recipe.text_encoders) {
      if (const auto name = file_named(encoder, api::ImageFileKind::text_encoder)) {
        to().text_encoders.push_back(*name);
        restored("text_encoders");
      } else {
        miss("text encoder", encoder.name, "no file of this name is in the model folders");
      }
    }
  }

  void take_sampling(const Recipe& recipe) {
    take_seed("seed", recipe.seed, to().seed);
    take_seed("wildcard_seed", recipe.wildcard_seed, to().wildcard_seed);
    take("steps", recipe.steps, to().steps);
    take("width", recipe.width, to().width);
    take("height", recipe.height, to().height);
    take("guidance", guidance_of(recipe), to().guidance);
    take("guidance_rescale", recipe.guidance_rescale, to().guidance_rescale);
    take("guidance_begin", recipe.guidance_begin, to().guidance_begin);
    take("guidance_end", recipe.guidance_end, to().guidance_end);
    take("eta", recipe.eta, to().eta);
    take("flow_shift", recipe.flow_shift, to().flow_shift);
    take("clip_skip", recipe.clip_skip, to().clip_skip);
    take_name("sampler", recipe.sampler, to().sampler);
    take_name("schedule", recipe.schedule, to().schedule);
    if (to().sampler.empty() && !to().schedule.empty()) {
      miss("schedule", to().schedule, "its sampler is not known, and the model's own has its own");
      to().schedule.clear();
    }
    take_name("rng", recipe.rng, to().rng);
    take_name("prediction", recipe.prediction, to().prediction);
    take_name("cache", recipe.cache, to().cache);
    take_name("quantize", recipe.quantize, to().quantize);
    if (recipe.text_tokens) {
      miss("text tokens", std::to_string(*recipe.text_tokens), "T5 reads the model's usual number here");
    }
    if (recipe.variation) {
      std::optional<int64_t> seed;
      take_seed("variation", recipe.variation->seed, seed);
      if (seed) to().variation = api::ImageVariation{*seed, recipe.variation->strength};
    }
  }

  // stable-diffusion.cpp writes a distilled scale for every model; most are not told it.
  std::optional<double> guidance_of(const Recipe& recipe) const {
    const bool said_of_all = recipe.program == "stable-diffusion.cpp";
    const bool takes_none = !family_.empty() && family_ != distilled_family;
    const bool guided = recipe.guidance && (*recipe.guidance != 1 || takes_none);
    return recipe.distilled_guidance && !(said_of_all && guided) ? recipe.distilled_guidance : recipe.guidance;
  }

  void take_adapters(const Recipe& recipe) {
    for (const RecipeAdapter& adapter : recipe.adapters) {
      const auto name = file_named(adapter.file, api::ImageFileKind::adapter);
      if (!name) {
        miss("adapter", adapter.file.name, "no adapter of this name or hash is in the model folders");
        continue;
      }
      restored("adapters");
      if (adapter.in_prompt) continue;  // its tag is in the text
      to().adapters.push_back({*name, adapter.denoiser_scale, adapter.text_encoder_scale});
    }
  }

  // A word of the library means the same wherever it is written; a file that is now called otherwise is chosen.
  void take_embeddings(const Recipe& recipe) {
    for (const RecipeFile& embedding : recipe.embeddings) {
      const auto name = file_named(embedding, api::ImageFileKind::embedding);
      if (!name) {
        miss("embedding", embedding.name, "no embedding of this name or hash is in the model folders");
        continue;
      }
      restored("embeddings");
      if (bare_name(*name) != bare_name(embedding.name)) to().embeddings.push_back(*name);
    }
  }

  // Ours are named by their content or by the gallery's id, so that a name means the same picture.
  bool is_here(const Recipe& recipe, const RecipeFile& picture) const {
    return recipe.program == "Diptych" && !picture.name.empty() && material_.has_picture(picture.name);
  }

  void take_init(const Recipe& recipe, const RecipeInit& init) {
    const char* const why = "pictures do not carry the one they were made from, and it is no longer here";
    if (!is_here(recipe, init.image)) {
      miss("image to start from", init.image.name, why);
      if (!init.mask.name.empty()) miss("mask", init.mask.name, why);
      return;
    }
    to().init.emplace().image = init.image.name;
    to().init->strength = init.strength;
    if (init.mask_blur) to().init->mask_blur = *init.mask_blur;
    to().init->full_resolution = init.padding.has_value();
    if (init.padding) to().init->padding = *init.padding;
    if (init.outpaint.size() == 4) {
      to().init->outpaint = {init.outpaint[0], init.outpaint[1], init.outpaint[2], init.outpaint[3]};
    }
    restored("init");
    if (is_here(recipe, init.mask)) {
      to().init->mask = init.mask.name;
    } else if (!init.mask.name.empty()) {
      miss("mask", init.mask.name, why);
    }
  }

  void take_control(const Recipe& recipe, const RecipeControl& control) {
    const auto model = file_named(control.model, api::ImageFileKind::control);
    if (!model) return miss("control", control.model.name, "no control model of this name is in the model folders");
    if (!is_here(recipe, control.image)) {
      return miss("control", control.model.name, "pictures do not carry the one that it saw, and it is no longer here");
    }
    api::ImageControl& taken = to().controls.emplace_back();
    taken.model = *model;
    taken.image = control.image.name;
    take_preprocess(control.preprocess, taken);
    taken.scale = control.scale;
    taken.begin = control.begin;
    taken.end = control.end;
    taken.guess = control.guess;
    restored("controls");
  }

  // "canny:100:200", or the name alone.
  void take_preprocess(const std::string& text, api::ImageControl& taken) {
    if (text.empty()) return;
    const size_t low = text.find(':'), high = low == std::string::npos ? low : text.find(':', low + 1);
    if (text.substr(0, low) != "canny") return miss("control preprocessing", text, "it is not known here");
    taken.preprocess = "canny";
    if (high == std::string::npos) return;
    taken.low = read_decimal(text.substr(low + 1, high - low - 1)).value_or(taken.low);
    taken.high = read_decimal(text.substr(high + 1)).value_or(taken.high);
  }

  void take_image_prompt(const Recipe& recipe, const RecipeImagePrompt& prompt) {
    const auto missed = [&](const char* why) { miss("image prompt", prompt.adapter.name, why); };
    const auto adapter = file_named(prompt.adapter, api::ImageFileKind::image_prompt);
    if (!adapter) return missed("no IP-Adapter of this name is in the model folders");
    if (!is_here(recipe, prompt.image)) {
      return missed("pictures do not carry the one to resemble, and it is no longer here");
    }
    api::ImagePrompt& taken = to().image_prompts.emplace_back();
    taken.adapter = *adapter;
    taken.image = prompt.image.name;
    taken.scale = prompt.scale;
    restored("image_prompts");
    if (prompt.encoder.name.empty()) return;
    if (const auto encoder = file_named(prompt.encoder, api::ImageFileKind::image_encoder)) {
      taken.encoder = *encoder;
    } else {
      miss("image encoder", prompt.encoder.name, "no image encoder of this name is in the model folders");
    }
  }

  void take_perturbed(const RecipePerturbed& perturbed) {
    to().pag_scale = perturbed.scale;
    to().pag_adaptive = perturbed.adaptive;
    to().pag_layers = perturbed.layers;
    restored("pag_scale");
    if (perturbed.adaptive > 0) restored("pag_adaptive");
    if (!perturbed.layers.empty()) restored("pag_layers");
  }

  void take_refiner(const RecipeRefiner& refiner) {
    const api::ModelInfo* model = model_named(refiner.model);
    if (model == nullptr) {
      return miss("refiner", refiner.model.name.empty() ? refiner.model.hash : refiner.model.name,
                  "no image model of this name or hash is here");
    }
    to().refiner = api::ImageRefiner{model->id, refiner.switch_at};
    restored("refiner");
  }

  // A built-in one, as others call it, or a network of the library; empty, the usual one, where it is neither.
  std::string upscaler_of(const std::string& name) {
    std::string known = ascii_lower(name);
    if (known.empty() || known == "latent" || known == "bicubic" || known == "lanczos") return known;
    if (known == "none") return "lanczos";  // A1111's, which resizes so
    if (known.starts_with("latent")) {
      miss("upscaler", name, "latents are enlarged bilinearly here");
      return "latent";
    }
    if (known == "bilinear" || known == "area" || known.starts_with("nearest")) {
      miss("upscaler", name, "pictures are enlarged bicubically here");
      return "bicubic";
    }
    if (const auto file = file_named({name, ""}, api::ImageFileKind::upscaler)) return *file;
    miss("upscaler", name, "no upscaler of this name is in the model folders");
    return "";
  }

  void take_upscale(const RecipeUpscale& upscale) {
    if (!to().init) {
      return miss("enlargement", upscale.upscaler, "the picture that was enlarged is not here");
    }
    to().upscale = api::ImageUpscale{.scale = upscale.scale,
                                     .upscaler = upscaler_of(upscale.upscaler),
                                     .tile = upscale.tile,
                                     .overlap = upscale.overlap};
    restored("upscale");
  }

  void take_passes(const Recipe& recipe) {
    if (recipe.init) take_init(recipe, *recipe.init);
    for (const RecipeControl& control : recipe.controls) take_control(recipe, control);
    for (const RecipeImagePrompt& prompt : recipe.image_prompts) take_image_prompt(recipe, prompt);
    if (recipe.perturbed_attention) take_perturbed(*recipe.perturbed_attention);
    if (recipe.refiner) take_refiner(*recipe.refiner);
    if (recipe.upscale) take_upscale(*recipe.upscale);
    if (!recipe.hires) return;
    api::ImageHires& hires = to().hires.emplace();
    if (recipe.hires->scale) {
      hires.scale = *recipe.hires->scale;
    } else if (recipe.hires->width && to().width > 0) {
      hires.scale = static_cast<double>(*recipe.hires->width) / to().width;
    }
    hires.steps = recipe.hires->steps.value_or(0);
    hires.strength = recipe.hires->strength;
    hires.upscaler = upscaler_of(recipe.hires->upscaler);
    restored("hires");
  }

  const RecipeMaterial& material_;
  const KnownHashes hashes_;
  api::RestoredSettings result_;
  std::string family_;  // of the model that was found
};

// The grid of a plot carries the whole plot; its settings are those of every cell.
std::optional<api::RestoredSettings> restore_plot(const ImageTexts& texts) {
  const std::string* text = find_text(texts, recipe_key);
  const auto json = text == nullptr ? std::nullopt : api::parse(*text);
  if (!json || !json->is_object() || !json->contains("plot")) return std::nullopt;
  try {
    api::RestoredSettings restored;
    restored.program = "Diptych";
    restored.settings = api::from_json<api::Plot>((*json)["plot"]).settings;
    restored.recipe = *json;
    const api::Json settings = api::to_json(restored.settings);
    for (const auto& [name, value] : settings.items()) restored.restored.push_back(name);
    return restored;
  } catch (const api::FieldError&) {
    return std::nullopt;
  }
}

}  // namespace

api::RestoredSettings restore_settings(const std::string& bytes, const RecipeMaterial& material) {
  const ImageTexts texts = parse_image_texts(std::as_bytes(std::span(bytes)), "the picture");
  if (auto plot = restore_plot(texts)) return std::move(*plot);
  const auto recipe = restore_recipe(texts);
  if (!recipe) {
    throw Error(ErrorCategory::unsupported, "cannot restore settings", "the picture",
                "it carries no recipe of Diptych, A1111, ComfyUI, InvokeAI or stable-diffusion.cpp",
                "use it as an image to start from, or choose one whose metadata was not removed");
  }
  return SettingsRestorer(material)(*recipe);
}

}  // namespace diptych::host
