#include "engine/model/registry.h"

#include "engine/core/error.h"

namespace diptych {

void ModelRegistry::add_causal_lm(const std::vector<std::string>& architectures, CausalLmFactory factory) {
  for (const std::string& name : architectures) causal_lms_[name] = factory;
}

std::vector<std::string> ModelRegistry::causal_lm_architectures() const {
  std::vector<std::string> names;
  for (const auto& [name, factory] : causal_lms_) names.push_back(name);
  return names;
}

std::unique_ptr<CausalLm> ModelRegistry::load_causal_lm(Context& ctx, const ModelSource& source,
                                                        const LoadOptions& options) const {
  const std::string architecture = source.architecture();
  const auto found = causal_lms_.find(architecture);
  if (found == causal_lms_.end()) {
    std::string known;
    for (const auto& [name, factory] : causal_lms_) known += (known.empty() ? "" : ", ") + name;
    throw Error(ErrorCategory::unsupported, "cannot load model", source.path.string(),
                architecture.empty() ? "it does not name its architecture"
                                     : "architecture '" + architecture + "' is not supported",
                "choose a language model of one of these: " + known);
  }
  return found->second(ctx, source, options);
}

}  // namespace diptych
