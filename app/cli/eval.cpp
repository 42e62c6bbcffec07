// diptych eval: one forward of one component, tensors named as its reference implementation names them.
#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "app/cli/adapter_options.h"
#include "app/cli/commands.h"
#include "app/cli/common.h"
#include "app/cli/interrupt.h"
#include "app/cli/load_model.h"
#include "engine/core/error.h"
#include "engine/io/formats/json_text.h"
#include "engine/io/library/model_ref.h"
#include "engine/model/evaluate.h"

namespace diptych::cli {
namespace {

struct EvalOptions {
  std::string component, inputs, out, arguments, dtype = "f32", part;
  AdapterOptions adapters;
  EngineOptions engine;
};

TensorMap evaluate(Context& ctx, const LoadedModel& model, const EvalOptions& options) {
  TensorMap inputs = read_tensors(ctx, options.inputs);
  if (model.denoiser || model.control_model) {
    const auto arguments = options.arguments.empty() ? nlohmann::json::object() : read_json_file(options.arguments);
    return model.denoiser ? model.denoiser->evaluate(ctx, inputs, arguments)
                          : model.control_model->evaluate(ctx, inputs, arguments);
  }
  if (model.image_encoder) return diptych::evaluate(ctx, *model.image_encoder, inputs);
  if (model.image_prompt_model) return diptych::evaluate(ctx, *model.image_prompt_model, inputs);
  if (model.autoencoder) {
    if (options.part == "encode") inputs.erase("latent");
    if (options.part == "decode") inputs.erase("image");
    return diptych::evaluate(ctx, *model.autoencoder, inputs);
  }
  if (model.text_encoder) return diptych::evaluate(ctx, *model.text_encoder, inputs);
  return diptych::evaluate(ctx, *model.causal_lm, inputs);
}

void run(const EvalOptions& options) {
  Context ctx = options.engine.make_context();
  ctx.cancel = cancel_on_interrupt();
  if (ctx.is_meta()) {
    throw Error(ErrorCategory::unsupported, "cannot evaluate on device", "meta", "it computes no values",
                "use --device cpu");
  }
  if (options.dtype != "f32") {
    throw Error(ErrorCategory::unsupported, "cannot compute in", options.dtype,
                "cpu arithmetic is f32, whatever type the weights are stored in", "leave --dtype out");
  }
  const LoadedModel model = load_model(ctx, options.component);
  if (!options.part.empty() && !model.autoencoder) {
    throw Error(ErrorCategory::invalid_argument, "cannot evaluate part", options.part, "it belongs to autoencoders",
                "leave --part out");
  }
  if (!options.adapters.adapters.empty()) {
    const std::vector<AdapterUse> uses = options.adapters.uses(resolve_model(options.component));
    tell_absent(apply_adapters(ctx, model.adaptable, uses, options.adapters.adapter_mode()));
  }
  write_tensors(options.out, evaluate(ctx, model, options));
}

}  // namespace

void add_eval(CLI::App& root) {
  auto options = std::make_shared<EvalOptions>();
  CLI::App* command = root.add_subcommand("eval", "Run one forward of a component on given tensors");
  command->add_option("component", options->component, "A GGUF file, a model folder or a name from the model index")
      ->required();
  command->add_option("--inputs", options->inputs, "Safetensors file: input_ids [rows, columns], attention_mask")
      ->required();
  command
      ->add_option("--out", options->out, "Safetensors file to write: logits or last_hidden_state, hidden_states.N, …")
      ->required();
  command->add_option("--arguments", options->arguments,
                      "JSON file: arguments of a denoiser's forward that are no tensors");
  command->add_option("--dtype", options->dtype, "Type to compute in")
      ->check(CLI::IsMember({"f32", "f16", "bf16"}))
      ->capture_default_str();
  command->add_option("--part", options->part, "encode or decode, where the component does both")
      ->check(CLI::IsMember({"encode", "decode"}));
  options->adapters.add_to(*command);
  options->engine.add_to(*command);
  command->callback([options] { run(*options); });
}

}  // namespace diptych::cli
