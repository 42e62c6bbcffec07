// Control models in a run: their pictures, how much each one counts and in which part of the run, as diffusers'
// pipelines have it (ControlNet, Zhang et al. 2023; T2I-Adapter, Mou et al. 2024).
#pragma once

#include <memory>
#include <vector>

#include "engine/diffusion/image_model.h"
#include "engine/model/control_model.h"

namespace diptych::diffusion {

struct ControlRequest {
  std::shared_ptr<const ControlModel> model;
  Tensor image;  // f32 [1, 3, height, width], 0 … 1, as large as the image that is made
  double scale = 1;
  double begin = 0, end = 1;  // fractions of the run's evaluations
  bool guess = false;         // ControlNet's guess mode: the unconditional half is left alone
};

// Error (invalid_argument) names both models where they do not belong together, and settings that make no sense.
void check_control(const ImageModel& model, const ControlRequest& request, int64_t width, int64_t height);

class Controls {
 public:
  Controls() = default;
  // What is the same at every step is computed here.
  Controls(Context& ctx, const std::vector<ControlRequest>& requests);

  bool empty() const { return controls_.empty(); }

  // Adds to a question about the latents, evaluation `place` of `places`. Its first `unconditional` rows are without
  // the prompt. On meta every control takes part.
  void add_to(Context& ctx, DenoiserInput& question, int place, int places, int64_t unconditional) const;

 private:
  struct Prepared {
    ControlRequest request;
    std::vector<Tensor> picture;
  };
  std::vector<Prepared> controls_;
};

}  // namespace diptych::diffusion
