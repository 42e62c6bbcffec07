#include "engine/model/registry.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "engine/core/error.h"
#include "engine/io/formats/safetensors.h"
#include "engine/model/causal_lm_encoder.h"

namespace diptych {
namespace {

// `kind`: "language model".
[[noreturn]] void refuse(const ModelSource& source, const std::string& kind, const std::string& known) {
  const std::string architecture = source.architecture();
  throw Error(ErrorCategory::unsupported, "cannot load model", source.path.string(),
              architecture.empty() ? "it does not name its architecture"
                                   : "architecture '" + architecture + "' is not supported",
              "choose a " + kind + " of one of these: " + known);
}

template <typename Factory>
std::string names_of(const std::map<std::string, Factory>& factories) {
  std::string names;
  for (const auto& [name, factory] : factories) names += (names.empty() ? "" : ", ") + name;
  return names;
}

template <typename Factory>
const Factory& factory_of(const std::map<std::string, Factory>& factories, const ModelSource& source,
                          const char* kind) {
  const auto found = factories.find(source.architecture());
  if (found == factories.end()) refuse(source, kind, names_of(factories));
  return found->second;
}

}  // namespace

void ModelRegistry::add_causal_lm(const std::vector<std::string>& architectures, const CausalLmFactory& factory) {
  for (const std::string& name : architectures) causal_lms_[name] = factory;
}

void ModelRegistry::add_text_encoder(const std::vector<std::string>& architectures, const TextEncoderFactory& factory) {
  for (const std::string& name : architectures) text_encoders_[name] = factory;
}

void ModelRegistry::add_denoiser(const std::vector<std::string>& architectures, const DenoiserFactory& factory) {
  for (const std::string& name : architectures) denoisers_[name] = factory;
}

void ModelRegistry::add_autoencoder(const std::vector<std::string>& architectures, const AutoencoderFactory& factory) {
  for (const std::string& name : architectures) autoencoders_[name] = factory;
}

void ModelRegistry::add_control_model(const std::vector<std::string>& architectures,
                                      const ControlModelFactory& factory) {
  for (const std::string& name : architectures) control_models_[name] = factory;
}

void ModelRegistry::add_image_encoder(const std::vector<std::string>& architectures,
                                      const ImageEncoderFactory& factory) {
  for (const std::string& name : architectures) image_encoders_[name] = factory;
}

bool ModelRegistry::is_text_encoder(const ModelSource& source) const {
  if (text_encoders_.contains(source.architecture())) return true;
  if (!source.hf || source.hf->config == nullptr) return false;
  const auto classes = source.hf->config->find("architectures");
  if (classes == source.hf->config->end() || !classes->is_array() || classes->empty()) return false;
  const nlohmann::json& name = classes->front();
  return name.is_string() && name.get_ref<const std::string&>().find("For") == std::string::npos;
}

std::vector<std::string> ModelRegistry::causal_lm_architectures() const {
  std::vector<std::string> names;
  for (const auto& [name, factory] : causal_lms_) names.push_back(name);
  return names;
}

ModelSource ModelRegistry::open_component(const std::filesystem::path& path) const {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) return open_model(path);
  if (is_gguf_file(path)) {
    ModelSource source = open_model(path);
    if (is_denoiser(source) || is_text_encoder(source) || knows_causal_lm(source.architecture())) return source;
    if (source.gguf->metadata().contains("tokenizer.ggml.model")) return source;  // whose loader says what it is
  }
  Checkpoint checkpoint = open_checkpoint(path);
  std::vector<ModelSource> parts = std::move(checkpoint.text_encoders);
  for (auto* part : {&checkpoint.denoiser, &checkpoint.autoencoder, &checkpoint.control}) {
    if (*part) parts.push_back(**part);
  }
  if (parts.size() == 1) return std::move(parts.front());
  throw Error(ErrorCategory::unsupported, "cannot open component", path.string(),
              "it holds " + std::to_string(parts.size()) + " networks", "choose the file or folder of one");
}

std::unique_ptr<CausalLm> ModelRegistry::load_causal_lm(Context& ctx, const ModelSource& source,
                                                        const LoadOptions& options) const {
  return factory_of(causal_lms_, source, "language model")(ctx, source, options);
}

std::unique_ptr<TextEncoder> ModelRegistry::load_text_encoder(Context& ctx, const ModelSource& source,
                                                              const LoadOptions& options) const {
  const std::string architecture = source.architecture();
  if (const auto found = text_encoders_.find(architecture); found != text_encoders_.end()) {
    return found->second(ctx, source, options);
  }
  if (!knows_causal_lm(architecture)) {
    refuse(source, "text encoder", names_of(text_encoders_) + ", " + names_of(causal_lms_));
  }
  return as_text_encoder(load_causal_lm(ctx, source, options));
}

std::unique_ptr<Denoiser> ModelRegistry::load_denoiser(Context& ctx, const ModelSource& source,
                                                       const LoadOptions& options) const {
  return factory_of(denoisers_, source, "denoiser")(ctx, source, options);
}

std::unique_ptr<ImageAutoencoder> ModelRegistry::load_autoencoder(Context& ctx, const ModelSource& source,
                                                                  const LoadOptions& options) const {
  return factory_of(autoencoders_, source, "autoencoder")(ctx, source, options);
}

std::unique_ptr<ControlModel> ModelRegistry::load_control_model(Context& ctx, const ModelSource& source,
                                                                const LoadOptions& options) const {
  return factory_of(control_models_, source, "control model")(ctx, source, options);
}

std::unique_ptr<ImageEncoder> ModelRegistry::load_image_encoder(Context& ctx, const ModelSource& source,
                                                                const LoadOptions& options) const {
  return factory_of(image_encoders_, source, "image encoder")(ctx, source, options);
}

std::unique_ptr<ImagePromptModel> ModelRegistry::load_image_prompt_model(Context& ctx,
                                                                         const std::filesystem::path& path,
                                                                         const LoadOptions& options) const {
  if (!is_image_prompt_file(path)) {
    throw Error(ErrorCategory::unsupported, "cannot load IP-Adapter", path.string(),
                "it is no safetensors file with image_proj.* and ip_adapter.*",
                "choose such a file; a .bin must be converted to safetensors first");
  }
  return image_prompt_model_(
      ctx, {.path = path, .gguf = nullptr, .hf = std::nullopt, .weights = SafetensorsFile::open(path)}, options);
}

bool is_image_prompt_file(const std::filesystem::path& path) {
  if (path.extension() != ".safetensors" || !std::filesystem::is_regular_file(path)) return false;
  const auto file = SafetensorsFile::open(path);
  const auto has = [&](const char* prefix) {
    return std::ranges::any_of(file->entries(),
                               [&](const WeightEntry& entry) { return entry.name.starts_with(prefix); });
  };
  return has("image_proj.") && has("ip_adapter.");
}

}  // namespace diptych
