#include "engine/model/registry.h"

#include <nlohmann/json.hpp>

#include "engine/core/error.h"
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

}  // namespace diptych
