// Painting a part of an image anew: after each step the rest is set back to the original with that step's noise (as
// RePaint without resampling, Lugmayr et al. 2022; diffusers' pipelines for four-channel models).
#pragma once

#include <utility>

#include "engine/core/tensor.h"
#include "engine/diffusion/solvers/solver.h"

namespace diptych::diffusion {

class Inpainting {
 public:
  // mask [1, 1, h, w], 1 where it is painted anew; original and noise [images, channels, h, w].
  Inpainting(Tensor mask, Tensor original, Tensor noise)
      : mask_(std::move(mask)), original_(std::move(original)), noise_(std::move(noise)) {}

  void put_back(const Solver& solver, Tensor& latents) const;

 private:
  Tensor mask_, original_, noise_;
};

}  // namespace diptych::diffusion
