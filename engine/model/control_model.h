// The interface of a control model: from a picture that shows where things are, what is added inside a UNet
// (ControlNet, Zhang et al. 2023; T2I-Adapter, Mou et al. 2024).
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "engine/model/denoiser.h"

namespace diptych {

struct ControlModelInfo {
  std::string architecture;    // "ControlNetModel", "T2IAdapter"
  std::string name;            // of its file or folder, for messages
  int64_t image_channels = 3;  // 1: grey
  int64_t image_scale = 8;     // pixels of a side per latent, of the UNets that it was made for
  int64_t side_multiple = 8;   // the picture's height and width are multiples of this
  ControlPoints points;        // what it adds to
  // What it reads of a step's question; 0: nothing. Latents as of 4 channels.
  int64_t in_channels = 0, text_width = 0;
  bool size_conditioned = false;
  // What it adds is the same for all pixels, their mean: it tells of the whole picture, and only where there is a
  // prompt.
  bool pooled = false;
  int64_t parameters = 0;
};

class ControlModel {
 public:
  virtual ~ControlModel() = default;
  virtual const ControlModelInfo& info() const = 0;

  // What is the same at every step: the picture as the network sees it. image [rows, image_channels, height, width],
  // 0 … 1. Error (invalid_argument): another shape.
  virtual std::vector<Tensor> prepare(Context& ctx, const Tensor& image) const = 0;
  // What is added in a step, of a prepared picture with as many rows as the question, or one. Error as
  // Denoiser::forward.
  virtual ControlResiduals forward(Context& ctx, const DenoiserInput& input,
                                   const std::vector<Tensor>& prepared) const = 0;

  // The reference's forward, as Denoiser::evaluate.
  virtual TensorMap evaluate(Context& ctx, const TensorMap& inputs, const nlohmann::json& arguments) const = 0;
};

// Each residual times the scale. `growing`: what is added to the first places is weaker, from a tenth on (the guess
// mode of ControlNet).
ControlResiduals scaled(Context& ctx, const ControlResiduals& residuals, double scale, bool growing = false);

}  // namespace diptych
