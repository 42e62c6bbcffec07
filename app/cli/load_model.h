// A model by name or path, with its progress on stderr: how every command that computes starts.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/diffusion/image_model.h"
#include "engine/io/library/model_ref.h"
#include "engine/model/adapters.h"
#include "engine/model/registry.h"

namespace CLI {
class App;
}

namespace diptych::cli {

// Error as resolve_model, open_model and ModelRegistry::load_causal_lm.
std::unique_ptr<CausalLm> load_causal_lm(Context& ctx, const std::string& name_or_path);

// One of these: what the files hold.
struct LoadedModel {
  std::unique_ptr<CausalLm> causal_lm;
  std::unique_ptr<TextEncoder> text_encoder;
  std::unique_ptr<Denoiser> denoiser;
  std::unique_ptr<ImageAutoencoder> autoencoder;
  std::unique_ptr<ControlModel> control_model;
  std::unique_ptr<ImageEncoder> image_encoder;
  std::unique_ptr<ImagePromptModel> image_prompt_model;
  std::vector<ModelPart> adaptable;  // the one component, under the name that adapters know
};
LoadedModel load_model(Context& ctx, const std::string& name_or_path);

// A diffusers pipeline folder, a checkpoint or a GGUF file; `ref`'s paths may be names of the library. Error as
// resolve_model, diffusion::open_parts and diffusion::load_image_model.
diffusion::ImageModel load_image_model(Context& ctx, const ModelRef& ref,
                                       const diffusion::ImageStreaming& streaming = {});

// --quantize, of the commands that load such a model: ModelRef::quantize.
void add_quantize_option(CLI::App& command, std::string& quantize);

}  // namespace diptych::cli
