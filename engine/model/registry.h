// The architectures that this build knows. The engine never names a model: models::register_all fills a registry, and
// app passes it on.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/model/causal_lm.h"
#include "engine/model/checkpoint.h"
#include "engine/model/control_model.h"
#include "engine/model/denoiser.h"
#include "engine/model/image_autoencoder.h"
#include "engine/model/image_encoder.h"
#include "engine/model/image_prompt_model.h"
#include "engine/model/model_source.h"
#include "engine/model/text_encoder.h"

namespace diptych {

class WeightTargets;  // weight_targets.h

inline constexpr int64_t least_quantized_side = 128;

struct LoadOptions {
  std::function<void(double fraction)> progress;  // of the weights' bytes, 0 to 1; called on the loading thread
  CancelToken cancel;                             // checked at every weight
  // Matrices stay in the file, to be read when they are used; except the first ones, up to so many bytes.
  bool stream = false;
  int64_t resident_bytes = 0;
  std::shared_ptr<WeightTargets> targets = {};  // where weights are noted that adapters may change; null: nowhere
  // A block-quantized type to which the matrices of linear layers that are stored plain are rounded as they are read:
  // less memory and quicker products, and not the same numbers. Those with a side below least_quantized_side keep their
  // type, as there is little to gain, and so do all that are not whole blocks wide.
  std::optional<DType> linear_type = {};
  // Of a language model, the first layers alone, without its last norm and output: what is read for its hidden states.
  // 0: the whole model.
  int64_t layers = 0;
};

using CausalLmFactory =
    std::function<std::unique_ptr<CausalLm>(Context& ctx, const ModelSource& source, const LoadOptions& options)>;

using TextEncoderFactory =
    std::function<std::unique_ptr<TextEncoder>(Context& ctx, const ModelSource& source, const LoadOptions& options)>;

using DenoiserFactory =
    std::function<std::unique_ptr<Denoiser>(Context& ctx, const ModelSource& source, const LoadOptions& options)>;

using AutoencoderFactory = std::function<std::unique_ptr<ImageAutoencoder>(Context& ctx, const ModelSource& source,
                                                                           const LoadOptions& options)>;

using ControlModelFactory =
    std::function<std::unique_ptr<ControlModel>(Context& ctx, const ModelSource& source, const LoadOptions& options)>;

using ImageEncoderFactory =
    std::function<std::unique_ptr<ImageEncoder>(Context& ctx, const ModelSource& source, const LoadOptions& options)>;

using ImagePromptFactory = std::function<std::unique_ptr<ImagePromptModel>(Context& ctx, const ModelSource& source,
                                                                           const LoadOptions& options)>;

class ModelRegistry {
 public:
  // `architectures`: the names that GGUF files and config.json use for it.
  void add_causal_lm(const std::vector<std::string>& architectures, const CausalLmFactory& factory);

  void add_text_encoder(const std::vector<std::string>& architectures, const TextEncoderFactory& factory);

  // `architectures`: the classes that diffusers' config.json names ("_class_name") and GGUF files' architectures.
  void add_denoiser(const std::vector<std::string>& architectures, const DenoiserFactory& factory);
  void add_autoencoder(const std::vector<std::string>& architectures, const AutoencoderFactory& factory);
  void add_control_model(const std::vector<std::string>& architectures, const ControlModelFactory& factory);
  void add_image_encoder(const std::vector<std::string>& architectures, const ImageEncoderFactory& factory);
  // Files of these have no configuration: their weights tell the form.
  void set_image_prompt_model(const ImagePromptFactory& factory) { image_prompt_model_ = factory; }

  void set_checkpoint_reader(CheckpointReader reader) { checkpoint_reader_ = std::move(reader); }
  // A file without configuration: what its weights are. Error as CheckpointReader.
  Checkpoint open_checkpoint(const std::filesystem::path& path) const { return checkpoint_reader_(path); }

  // One network with its configuration: of a folder, a GGUF file, or a file without configuration that holds one alone.
  // Error: as open_model and open_checkpoint; unsupported (it holds several).
  ModelSource open_component(const std::filesystem::path& path) const;

  // On meta nothing is read but headers, and nothing is allocated: what a model would need is in the arena's counts.
  // Error (unsupported) names the architecture and lists what is known; invalid_file where the files contradict
  // themselves; out_of_memory; cancelled.
  std::unique_ptr<CausalLm> load_causal_lm(Context& ctx, const ModelSource& source,
                                           const LoadOptions& options = {}) const;

  // Encoders proper, and any causal LM for its hidden states. As above.
  std::unique_ptr<TextEncoder> load_text_encoder(Context& ctx, const ModelSource& source,
                                                 const LoadOptions& options = {}) const;

  std::unique_ptr<Denoiser> load_denoiser(Context& ctx, const ModelSource& source,
                                          const LoadOptions& options = {}) const;
  std::unique_ptr<ImageAutoencoder> load_autoencoder(Context& ctx, const ModelSource& source,
                                                     const LoadOptions& options = {}) const;

  std::unique_ptr<ControlModel> load_control_model(Context& ctx, const ModelSource& source,
                                                   const LoadOptions& options = {}) const;
  std::unique_ptr<ImageEncoder> load_image_encoder(Context& ctx, const ModelSource& source,
                                                   const LoadOptions& options = {}) const;
  // A safetensors file. Error also where it is another kind of file.
  std::unique_ptr<ImagePromptModel> load_image_prompt_model(Context& ctx, const std::filesystem::path& path,
                                                            const LoadOptions& options = {}) const;

  bool is_denoiser(const ModelSource& source) const { return denoisers_.contains(source.architecture()); }
  bool is_autoencoder(const ModelSource& source) const { return autoencoders_.contains(source.architecture()); }
  bool is_control_model(const ModelSource& source) const { return control_models_.contains(source.architecture()); }
  bool is_image_encoder(const ModelSource& source) const { return image_encoders_.contains(source.architecture()); }

  // An encoder proper, or a folder that holds a decoder without its output layer (config.json: "Qwen3Model").
  bool is_text_encoder(const ModelSource& source) const;

  bool knows_text_encoder(const std::string& architecture) const { return text_encoders_.contains(architecture); }
  bool knows_causal_lm(const std::string& architecture) const { return causal_lms_.contains(architecture); }
  std::vector<std::string> causal_lm_architectures() const;

 private:
  std::map<std::string, CausalLmFactory> causal_lms_;
  std::map<std::string, TextEncoderFactory> text_encoders_;
  std::map<std::string, DenoiserFactory> denoisers_;
  std::map<std::string, AutoencoderFactory> autoencoders_;
  std::map<std::string, ControlModelFactory> control_models_;
  std::map<std::string, ImageEncoderFactory> image_encoders_;
  ImagePromptFactory image_prompt_model_;
  CheckpointReader checkpoint_reader_;
};

// Whether it is a safetensors file with an image prompt's weights (IP-Adapter).
bool is_image_prompt_file(const std::filesystem::path& path);

}  // namespace diptych
