#include "engine/diffusion/image_parts.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "engine/core/error.h"
#include "engine/diffusion/condition/causal_text.h"
#include "engine/diffusion/pipeline_family.h"
#include "engine/io/formats/json_text.h"
#include "engine/text/builtin_tokenizers.h"

namespace diptych::diffusion {
namespace fs = std::filesystem;
namespace {

int64_t config_number(const ModelSource& source, const char* key, int64_t fallback) {
  if (!source.hf) return fallback;
  const auto found = source.hf->config->find(key);
  return found != source.hf->config->end() && found->is_number_integer() ? found->get<int64_t>() : fallback;
}

TextKind kind_of(const ModelSource& source) {
  const std::string architecture = source.architecture();
  if (architecture.starts_with("t5")) return TextKind::t5;
  return architecture.starts_with("clip") ? TextKind::clip : TextKind::language_model;
}

const char* kind_name(TextKind kind) {
  switch (kind) {
    case TextKind::clip:
      return "CLIP text encoder";
    case TextKind::t5:
      return "T5 text encoder";
    case TextKind::language_model:
      return "language model";
  }
  return "";
}

// Tokenizer files inside an encoder's folder, beside it as in a pipeline's folder, or beside a file.
std::optional<fs::path> tokenizer_beside(const fs::path& encoder) {
  std::error_code error;
  const bool folder = fs::is_directory(encoder, error);
  std::string name = encoder.filename().string();
  if (name.empty()) name = encoder.parent_path().filename().string();
  std::vector<fs::path> places{folder ? encoder : encoder.parent_path()};
  if (folder && name.starts_with("text_encoder")) {
    places.push_back(fs::absolute(encoder).lexically_normal().parent_path() / ("tokenizer" + name.substr(12)));
  }
  for (const fs::path& place : places) {
    const TokenizerFiles files = find_tokenizer_files(place);
    if (!files.tokenizer_json.empty() || !files.t5_pieces.empty() || !files.vocab.empty()) return place;
  }
  return std::nullopt;
}

// Files of several encoders may lie in one folder, beside the tokenizer of one of them.
bool goes_with(TextKind kind, const Tokenizer& tokenizer) {
  const bool of_clip = tokenizer.token_id("<|startoftext|>").has_value(), of_t5 = tokenizer.token_id("</s>") == 1;
  return kind == TextKind::clip ? of_clip : kind == TextKind::t5 ? of_t5 : !of_clip;
}

TextWindow window_for(const ModelSource& source) {
  const TextKind kind = kind_of(source);
  if (source.gguf) {
    if (source.gguf->metadata().contains("tokenizer.ggml.tokens")) return gguf_text_window(*source.gguf);
  } else if (const auto place = tokenizer_beside(source.path)) {
    TextWindow window = open_text_window(*place);
    std::error_code error;
    if (fs::is_directory(source.path, error) || goes_with(kind, *window.tokenizer)) return window;
  }
  const int64_t known = kind == TextKind::clip ? clip_vocabulary : t5_vocabulary;
  const int64_t vocabulary = config_number(source, "vocab_size", known);
  if (kind == TextKind::clip && vocabulary == known) {
    return clip_text_window(static_cast<int32_t>(config_number(source, "pad_token_id", clip_vocabulary - 1)));
  }
  if (kind == TextKind::t5 && vocabulary == known) return t5_text_window();
  throw Error(ErrorCategory::unsupported, "cannot load text encoder", source.path.string(),
              "it has no tokenizer beside it, and its " + std::to_string(vocabulary) +
                  " tokens are not those of the one that is built in",
              "put tokenizer.json and tokenizer_config.json of its Hugging Face folder beside it");
}

// Only Stable Diffusion was trained for either.
void check_prediction(const ModelRef& ref, ImageFamily family) {
  if (ref.prediction.empty() || family == ImageFamily::stable_diffusion || family == ImageFamily::sdxl) return;
  throw Error(ErrorCategory::invalid_argument, "cannot load image model", ref.path.string(),
              "what models of its family predict is always the same", "leave --prediction out");
}

int64_t width_of(const ModelSource& source) {
  if (source.gguf) {
    return source.gguf->metadata().get_i64(source.gguf->architecture() + ".embedding_length").value_or(0);
  }
  return config_number(source, "hidden_size", config_number(source, "d_model", 0));
}

// Of folders, GGUF files and checkpoints that the user named.
std::vector<ModelSource> open_text_encoders(const ModelRegistry& registry, const std::vector<fs::path>& paths) {
  std::vector<ModelSource> given;
  for (const fs::path& path : paths) {
    std::error_code error;
    if (fs::is_directory(path, error) || is_gguf_file(path)) {
      ModelSource source = open_model(path);
      if (registry.is_text_encoder(source) || registry.knows_causal_lm(source.architecture())) {
        given.push_back(std::move(source));
        continue;
      }
    }
    const Checkpoint file = registry.open_checkpoint(path);
    if (file.text_encoders.empty()) {
      throw Error(ErrorCategory::unsupported, "cannot load text encoder", path.string(), "it holds none",
                  "choose a file with a CLIP or T5 text encoder");
    }
    given.insert(given.end(), file.text_encoders.begin(), file.text_encoders.end());
  }
  return given;
}

// In place of the folder's own of the same kind and size, whose vocabulary stays, or where it has left one out.
void replace_text_encoder(ModelSource source, const std::vector<TextSlot>& slots, ImageModelParts& parts) {
  const TextKind kind = kind_of(source);
  for (auto& own : parts.texts) {
    if (!own || kind_of(own->encoder) != kind || width_of(own->encoder) != width_of(source)) continue;
    own->encoder = std::move(source);
    return;
  }
  for (size_t i = 0; i < std::min(slots.size(), parts.texts.size()); ++i) {
    if (parts.texts[i] || slots[i].kind != kind) continue;
    parts.texts[i] = ImageModelParts::Text{source, window_for(source), 0};
    return;
  }
  throw Error(ErrorCategory::unsupported, "cannot load text encoder", source.path.string(),
              "a " + parts.pipeline + " has no place for a " + kind_name(kind) + " of width " +
                  std::to_string(width_of(source)),
              "leave it out, or choose one of the kind and size that the pipeline has");
}

class PartsCollector {
 public:
  PartsCollector(const ModelRegistry& registry, const ModelRef& ref, PartsDetail detail)
      : registry_(registry), ref_(ref), detail_(detail) {}

  ImageModelParts collect() {
    const Checkpoint checkpoint = registry_.open_checkpoint(ref_.path);
    if (!checkpoint.denoiser) {
      throw Error(ErrorCategory::unsupported, "cannot load image model", ref_.path.string(), "it holds no denoiser",
                  checkpoint.autoencoder ? "use it with --vae, beside a checkpoint"
                                         : "use it with --text-encoder, beside a checkpoint");
    }
    ImageModelParts parts;
    parts.path = ref_.path;
    parts.pipeline = checkpoint.pipeline;
    family_ = family_of_pipeline(parts.pipeline, ref_.path.string());
    check_prediction(ref_, family_);
    parts.denoiser = *checkpoint.denoiser;
    parts.autoencoder = autoencoder_of(checkpoint);
    give_texts(checkpoint, parts);
    parts.zeros_without_negative = family_ == ImageFamily::sdxl && parts.texts[0].has_value();
    const std::string prediction = ref_.prediction.empty() ? checkpoint.prediction : ref_.prediction;
    parts.scheduler = parse_scheduler_config(
        usual_scheduler(family_, guided_by_number(parts.denoiser), prediction, checkpoint.zero_terminal_snr),
        ref_.path.string());
    return parts;
  }

 private:
  static bool guided_by_number(const ModelSource& denoiser) {
    return std::ranges::any_of(denoiser.weights->entries(), [](const WeightEntry& entry) {
      return entry.name.find("guidance_in.in_layer.weight") != std::string::npos;
    });
  }

  [[noreturn]] void fail_missing(const std::string& part, const std::string& option) const {
    throw Error(ErrorCategory::not_found, "cannot load image model", ref_.path.string(), "it holds no " + part,
                "add one with " + option);
  }

  ModelSource autoencoder_of(const Checkpoint& checkpoint) const {
    ModelSource source;
    if (!ref_.vae.empty()) {
      source = open_autoencoder(registry_, ref_.vae);
    } else if (checkpoint.autoencoder) {
      source = *checkpoint.autoencoder;
    } else {
      fail_missing("autoencoder", "--vae FILE");
    }
    return with_latent_scale(std::move(source), family_);
  }

  std::vector<ModelSource> encoders_of(const Checkpoint& checkpoint) const {
    std::vector<ModelSource> given = open_text_encoders(registry_, ref_.text_encoders);
    // What the user names takes the place of the checkpoint's own of the same kind and size.
    for (const ModelSource& own : checkpoint.text_encoders) {
      const bool replaced = std::ranges::any_of(given, [&](const ModelSource& other) {
        return kind_of(other) == kind_of(own) && width_of(other) == width_of(own);
      });
      if (!replaced) given.push_back(own);
    }
    std::ranges::stable_sort(given, {}, width_of);
    return given;
  }

  void give_texts(const Checkpoint& checkpoint, ImageModelParts& parts) const {
    std::vector<ModelSource> encoders = encoders_of(checkpoint);
    const std::vector<TextSlot>& slots = traits_of(family_).texts;
    parts.texts.resize(slots.size());
    const auto clips =
        std::ranges::count_if(encoders, [](const ModelSource& e) { return kind_of(e) == TextKind::clip; });
    for (size_t i = 0; i < slots.size(); ++i) {
      // SDXL's refiner has one CLIP, which is the second.
      if (family_ == ImageFamily::sdxl && i == 0 && clips == 1) continue;
      const auto found =
          std::ranges::find_if(encoders, [&](const ModelSource& e) { return kind_of(e) == slots[i].kind; });
      if (found == encoders.end()) {
        if (slots[i].optional) continue;
        fail_missing(kind_name(slots[i].kind), "--text-encoder FILE");
      }
      parts.texts[i] =
          ImageModelParts::Text{*found, detail_ == PartsDetail::whole ? window_for(*found) : TextWindow(), 0};
      encoders.erase(found);
    }
    if (encoders.empty() || ref_.text_encoders.empty()) return;
    throw Error(ErrorCategory::unsupported, "cannot load text encoder", encoders.front().path.string(),
                "a " + parts.pipeline + " has no place for one more " + kind_name(kind_of(encoders.front())),
                "leave it out");
  }

  const ModelRegistry& registry_;
  const ModelRef& ref_;
  PartsDetail detail_;
  ImageFamily family_ = ImageFamily::stable_diffusion;
};

}  // namespace

ModelSource open_autoencoder(const ModelRegistry& registry, const fs::path& path) {
  if (is_pipeline_folder(path)) return open_model(open_pipeline_folder(path).required("vae"));
  if (is_hf_folder(path)) return open_model(path);
  Checkpoint file = registry.open_checkpoint(path);
  if (file.autoencoder) return *std::move(file.autoencoder);
  throw Error(ErrorCategory::unsupported, "cannot load autoencoder", path.string(), "it holds none",
              "choose a file with an autoencoder");
}

ModelSource with_latent_scale(ModelSource source, ImageFamily family) {
  if (!source.hf || source.architecture() != "AutoencoderKL" || source.hf->config->contains("scaling_factor")) {
    return source;
  }
  nlohmann::json config = *source.hf->config;
  const LatentScale scale = usual_latent_scale(family);
  config["scaling_factor"] = scale.scaling_factor;
  config["shift_factor"] = scale.shift_factor;
  source.hf->config = std::make_shared<nlohmann::json>(std::move(config));
  return source;
}

int64_t parameters_of(const ImageModelParts& parts) {
  int64_t count = parts.denoiser.weights->parameters() + parts.autoencoder.weights->parameters();
  for (const auto& text : parts.texts) {
    if (text) count += text->encoder.weights->parameters();
  }
  return count;
}

ImageModelParts open_parts(const PipelineFolder& folder, PartsDetail detail) {
  ImageModelParts parts;
  parts.path = folder.path;
  parts.pipeline = folder.pipeline;
  const ImageFamily family = family_of_pipeline(folder.pipeline, folder.path.string());
  const std::vector<TextSlot>& slots = traits_of(family).texts;
  parts.zeros_without_negative = folder.flag("force_zeros_for_empty_prompt");
  parts.scheduler = read_scheduler_config(folder.required("scheduler") / "scheduler_config.json");
  if (family == ImageFamily::causal_text) parts.texts.emplace_back(open_causal_text(folder, detail));
  for (size_t i = parts.texts.size(); i < slots.size(); ++i) {
    const std::string number = i == 0 ? "" : "_" + std::to_string(i + 1);
    auto& text = parts.texts.emplace_back();
    if (const auto encoder = folder.component("text_encoder" + number)) {
      const auto vocabulary = folder.required("tokenizer" + number);
      text = ImageModelParts::Text{{}, detail == PartsDetail::whole ? open_text_window(vocabulary) : TextWindow(), 0};
      text->encoder = open_model(*encoder);
    }
  }
  const auto transformer = folder.component("transformer");
  parts.denoiser = open_model(transformer ? *transformer : folder.required("unet"));
  parts.autoencoder = open_model(folder.required("vae"));
  return parts;
}

std::optional<DType> parse_linear_type(const std::string& text) {
  if (text.empty()) return std::nullopt;
  if (text == dtype_name(DType::q8_0)) return DType::q8_0;
  throw Error(ErrorCategory::invalid_argument, "cannot quantize linear layers to", text,
              "while a model is read its layers are rounded to q8_0 alone",
              "choose q8_0, or a GGUF file that was quantized beforehand");
}

namespace {

ImageModelParts parts_of_folder(const ModelRegistry& registry, const ModelRef& ref, PartsDetail detail) {
  ImageModelParts parts = open_parts(open_pipeline_folder(ref.path), detail);
  const ImageFamily family = family_of_pipeline(parts.pipeline, ref.path.string());
  check_prediction(ref, family);
  if (!ref.vae.empty()) parts.autoencoder = with_latent_scale(open_autoencoder(registry, ref.vae), family);
  if (!ref.prediction.empty()) {
    const fs::path file = ref.path / "scheduler" / "scheduler_config.json";
    nlohmann::json config = read_json_file(file);
    config["prediction_type"] = ref.prediction;
    parts.scheduler = parse_scheduler_config(config.dump(), file.string());
  }
  for (ModelSource& source : open_text_encoders(registry, ref.text_encoders)) {
    replace_text_encoder(std::move(source), traits_of(family).texts, parts);
  }
  return parts;
}

}  // namespace

ImageModelParts open_parts(const ModelRegistry& registry, const ModelRef& ref, PartsDetail detail) {
  const std::optional<DType> linear_type = parse_linear_type(ref.quantize);  // refused before files are read
  ImageModelParts parts = is_pipeline_folder(ref.path) ? parts_of_folder(registry, ref, detail)
                                                       : PartsCollector(registry, ref, detail).collect();
  parts.linear_type = linear_type;
  return parts;
}

}  // namespace diptych::diffusion
