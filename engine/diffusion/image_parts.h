// The files of an image model, opened but not loaded: of a diffusers folder, or a checkpoint of one file with what is
// missing in it taken from others.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "engine/diffusion/image_family.h"
#include "engine/diffusion/solvers/scheduler_config.h"
#include "engine/io/library/model_ref.h"
#include "engine/io/library/pipeline_folder.h"
#include "engine/model/registry.h"
#include "engine/text/text_window.h"

namespace diptych::diffusion {

struct ImageModelParts {
  struct Text {
    ModelSource encoder;
    TextWindow window;
    int64_t layers = 0;  // of a language model, the first ones that are read; 0: all
  };

  std::filesystem::path path;
  std::string pipeline;                    // diffusers' class
  std::vector<std::optional<Text>> texts;  // in the pipeline's order; none: left out
  ModelSource denoiser, autoencoder;
  SchedulerConfig scheduler;
  bool zeros_without_negative = false;  // see ImageModel
  std::optional<DType> linear_type;     // LoadOptions::linear_type of denoiser and text encoders
};

// What linear layers may be rounded to while a model is read: "q8_0". Empty: nothing. Error (invalid_argument):
// another.
std::optional<DType> parse_linear_type(const std::string& text);

// Headers are all that lists need: then the windows of texts are empty, as vocabularies take longest to read.
enum class PartsDetail { headers, whole };

ImageModelParts open_parts(const PipelineFolder& folder, PartsDetail detail = PartsDetail::whole);

// `ref.path` is a diffusers folder, a checkpoint or a GGUF file. Error: as the readers; not_found names a part that no
// file holds and the option that gives it; unsupported (a text encoder that the pipeline has no place for, a vocabulary
// that is neither built in nor beside the encoder).
ImageModelParts open_parts(const ModelRegistry& registry, const ModelRef& ref, PartsDetail detail = PartsDetail::whole);

int64_t parameters_of(const ImageModelParts& parts);  // values of all their weights

// A folder with config.json, a pipeline's folder, or a file that holds an autoencoder.
ModelSource open_autoencoder(const ModelRegistry& registry, const std::filesystem::path& path);
// A file says nothing of how latents are scaled: then as the family's published autoencoders are.
ModelSource with_latent_scale(ModelSource source, ImageFamily family);

}  // namespace diptych::diffusion
