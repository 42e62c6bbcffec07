// The interface of a denoiser: the network that a sampler asks at every step, UNet or transformer.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "engine/core/context.h"
#include "engine/io/formats/tensor_file.h"

namespace diptych {

// Where others may add to what a UNet computes: the channels of each place. Empty: nowhere.
struct ControlPoints {
  std::vector<int64_t> skips;   // what the way down leaves for the way up, from the first convolution on
  std::vector<int64_t> levels;  // the ends of the levels of the way down
  int64_t middle = 0;

  bool operator==(const ControlPoints&) const = default;
};

// What is added there, each [rows, height, width, channels], or of one row for all; empty: nothing.
struct ControlResiduals {
  std::vector<Tensor> skips;
  Tensor middle;
  // One for each level; a further one goes to the middle, where it is as large (T2I-Adapter of SDXL).
  std::vector<Tensor> levels;
};

// Pictures that an image is to resemble (IP-Adapter, Ye et al. 2023): each cross attention also reads these.
struct ImagePrompt {
  std::vector<Tensor> keys, values;  // of each cross attention: [pictures * tokens, its channels]
  int64_t tokens = 0;                // of a picture
  std::vector<int64_t> pictures;     // [rows]: which one the row reads
};

// Rows whose self-attention sees each place alone, for perturbed-attention guidance (Ahn et al. 2024).
struct PerturbedRows {
  int64_t first = 0;         // and all that follow
  std::vector<bool> layers;  // for each of DenoiserInfo's self_attentions; empty: no row is
};

class StepCache;
class TextKeys;

struct DenoiserInfo {
  std::string architecture;  // diffusers' class: "UNet2DConditionModel", "FluxTransformer2DModel", …
  int64_t in_channels = 0,
          out_channels = 0;   // of latents as pipelines hold them: packing into patches is its own affair
  int64_t side_multiple = 1;  // latents' height and width are multiples of this
  int64_t sample_size = 0;    // side of the latents that it was trained on; 0: not said
  int64_t text_width = 0, pooled_width = 0;  // of what it is conditioned on; 0: not used
  int64_t classes = 0;                       // class-conditional: labels 0 … classes, the last one unconditional
  bool distilled_guidance = false;           // the guidance scale is an input
  bool size_conditioned = false;             // time ids are an input
  // What a StepCache may have left out: a transformer's blocks, a UNet's lower levels.
  bool skips_blocks = false, skips_levels = false;
  // Time runs from noise, 0, to the image, 1, and what is predicted points that way: both against the schedule's.
  bool reversed_flow = false;
  float timestep_divisor = 1;  // what a schedule counts in 1000 parts, the network is told divided by this
  int64_t parameters = 0;
  ControlPoints control_points = {};
  std::vector<int64_t> cross_attentions = {};     // channels of each that image prompts can enter, in diffusers' order
  std::vector<std::string> self_attentions = {};  // diffusers' names of those that can be perturbed
};

// One step's question, for several images at once. What an architecture does not use stays empty.
struct DenoiserInput {
  Tensor sample;  // [rows, in_channels, height, width]; of video [rows, in_channels, frames, height, width]
  std::vector<float> timesteps;       // [rows], as the reference's forward takes them (most: 0 … 1000)
  Tensor text;                        // [rows, tokens, text_width]
  std::vector<int64_t> text_lengths;  // [rows]: tokens that count, from the first; empty: all
  Tensor pooled;                      // [rows, pooled_width]
  Tensor time_ids;  // [rows, 6 (refiner: 5)]; PixArt alpha: [rows, 3], height, width and height / width of the pixels
  std::vector<int32_t> classes;  // [rows]
  std::vector<float> guidance;   // [rows]
  ControlResiduals control;
  std::vector<ImagePrompt> image_prompts;
  PerturbedRows perturbed;
  StepCache* cache = nullptr;     // what may be left out (step_cache.h); null: nothing
  TextKeys* text_keys = nullptr;  // kept from step to step with the same text (text_keys.h); null: nothing is
};

class Denoiser {
 public:
  virtual ~Denoiser() = default;
  virtual const DenoiserInfo& info() const = 0;

  // [rows, out_channels, height, width]. Error (invalid_argument): sides that are no multiple of side_multiple, inputs
  // of other shapes than info() says. Under a tape that recomputes, `input` must live until the way back is done.
  virtual Tensor forward(Context& ctx, const DenoiserInput& input) const = 0;

  // The reference's forward: its named arguments (and in `arguments` those that are no tensors) to {"sample"}.
  virtual TensorMap evaluate(Context& ctx, const TensorMap& inputs, const nlohmann::json& arguments) const = 0;
};

}  // namespace diptych
