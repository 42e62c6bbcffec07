// A second model that takes a run over where little noise is left (SDXL's refiner, Podell et al. 2023), as diffusers'
// "ensemble of experts" and A1111's "refiner switch at".
#pragma once

#include <memory>

#include "engine/diffusion/image_model.h"
#include "engine/diffusion/solvers/solver.h"

namespace diptych::diffusion {

struct RefinerStage {
  std::shared_ptr<const ImageModel> model;  // needs no autoencoder
  // It makes the steps whose timestep lies below 1 - switch_at of the trained ones; 1: none. The solver goes on with
  // its history, as in A1111; diffusers begins a run of its own, which differs for solvers that look back.
  double switch_at = 0.8;
};

// Text encoders and denoiser alone. Error as load_image_model.
std::shared_ptr<const ImageModel> load_refiner(Context& ctx, const ModelRegistry& registry,
                                               const ImageModelParts& parts, const LoadOptions& options = {},
                                               const ImageStreaming& streaming = {});

// Error (invalid_argument) names both models where latents of the one mean nothing to the other, and a switch that is
// no share.
void check_refiner(const ImageModel& model, const RefinerStage& refiner);

// How many evaluations at the end of a run are the refiner's: those whose timestep lies below its share of the trained
// ones, whole steps of solvers that evaluate twice.
int refined_evaluations(const Solver& solver, double switch_at, int trained_timesteps);

}  // namespace diptych::diffusion
