// Kind lora: a forward of each component that an adapter changes, at several strengths.
#include <cstdio>

#include "app/golden/kinds.h"
#include "engine/core/error.h"
#include "engine/io/library/pipeline_folder.h"
#include "engine/model/evaluate.h"
#include "models/registry.h"

namespace diptych::golden {
namespace {

// A component under the name that adapters call it by, and its forward.
struct Adapted {
  ModelPart part;
  std::function<TensorMap(Context&, const TensorMap&)> forward;
};

TensorMap only(const TensorMap& inputs, std::initializer_list<const char*> names) {
  TensorMap some;
  for (const char* name : names) {
    if (const auto found = inputs.find(name); found != inputs.end()) some.insert(*found);
  }
  return some;
}

LoadOptions noting(const ModelPart& part, bool stream) {
  LoadOptions options;
  options.targets = part.targets;
  options.stream = stream;
  return options;
}

Adapted adapted_lm(Context& ctx, const ModelRegistry& registry, const std::filesystem::path& path, bool stream) {
  Adapted one{{"model", std::make_shared<WeightTargets>()}, {}};
  std::shared_ptr<CausalLm> model = registry.load_causal_lm(ctx, open_model(path), noting(one.part, stream));
  one.forward = [model](Context& context, const TensorMap& inputs) {
    return only(evaluate(context, *model, only(inputs, {"input_ids", "attention_mask", "position_ids"})), {"logits"});
  };
  return one;
}

Adapted adapted_encoder(Context& ctx, const ModelRegistry& registry, const std::filesystem::path& path, bool stream) {
  Adapted one{{"text_encoder", std::make_shared<WeightTargets>()}, {}};
  std::shared_ptr<TextEncoder> model = registry.load_text_encoder(ctx, open_model(path), noting(one.part, stream));
  one.forward = [model](Context& context, const TensorMap& inputs) {
    return only(evaluate(context, *model, only(inputs, {"input_ids", "attention_mask"})), {"last_hidden_state"});
  };
  return one;
}

Adapted adapted_denoiser(Context& ctx, const ModelRegistry& registry, const std::filesystem::path& path,
                         const nlohmann::json& arguments, bool stream) {
  Adapted one{{"denoiser", std::make_shared<WeightTargets>()}, {}};
  std::shared_ptr<Denoiser> model = registry.load_denoiser(ctx, open_model(path), noting(one.part, stream));
  one.forward = [model, arguments](Context& context, TensorMap inputs) {
    inputs.erase("input_ids");  // the text encoder's
    return model->evaluate(context, inputs, arguments);
  };
  return one;
}

// The components that the case's inputs are for.
std::vector<Adapted> load_components(Context& ctx, const Case& one, const TensorMap& inputs, bool stream) {
  ModelRegistry registry;
  models::register_all(registry);
  const std::filesystem::path path = one.model();
  const nlohmann::json arguments = one.description().value("arguments", nlohmann::ordered_json::object());
  std::vector<Adapted> components;
  if (!is_pipeline_folder(path)) {
    const ModelSource source = open_model(path);
    if (registry.is_denoiser(source)) {
      components.push_back(adapted_denoiser(ctx, registry, path, arguments, stream));
    } else if (registry.is_text_encoder(source)) {
      components.push_back(adapted_encoder(ctx, registry, path, stream));
    } else {
      components.push_back(adapted_lm(ctx, registry, path, stream));
    }
    return components;
  }
  const PipelineFolder folder = open_pipeline_folder(path);
  const std::string unet = folder.component("unet") ? "unet" : "transformer";
  const std::string wanted = one.description().contains("submodel") ? one.text("submodel") : "";
  if (wanted.empty() ? inputs.contains("timestep") : wanted == unet) {
    components.push_back(adapted_denoiser(ctx, registry, folder.required(unet), arguments, stream));
  }
  if (wanted.empty() ? inputs.contains("input_ids") : wanted != unet) {
    const std::string encoder = wanted.empty() ? "text_encoder" : wanted;
    components.push_back(adapted_encoder(ctx, registry, folder.required(encoder), stream));
    components.back().part.component = encoder;
  }
  return components;
}

std::string tag_of(double scale) {
  char text[32];
  std::snprintf(text, sizeof text, "scale_%g.", scale);
  return text;
}

}  // namespace

Result run_lora(Context& ctx, const Case& one) {
  return run_lora(ctx, one, AdapterMode::automatic);
}

TensorMap run_lora(Context& ctx, const Case& one, AdapterMode mode, bool stream) {
  const TensorMap inputs = one.inputs(ctx);
  const std::vector<Adapted> components = load_components(ctx, one, inputs, stream);
  std::vector<ModelPart> parts;
  for (const Adapted& component : components) parts.push_back(component.part);
  const auto adapter = open_adapter(one.file(one.text("adapter")));
  TensorMap outputs;
  for (const double scale : one.description().value("scales", std::vector<double>{1, 0.8})) {
    const AdapterUse use{.adapter = adapter, .scale = scale, .text_encoder_scale = scale};
    apply_adapters(ctx, parts, {&use, 1}, mode);
    for (const Adapted& component : components) {
      for (const auto& [name, tensor] : component.forward(ctx, inputs)) outputs[tag_of(scale) + name] = tensor;
    }
  }
  return outputs;
}

}  // namespace diptych::golden
