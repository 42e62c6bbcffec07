// The coefficients of one exponential-integrator step of DPM-Solver (Lu et al. 2022) in each of its variants:
//   x_t = x * sample + d0 * D0 + d1 * D1 + d2 * D2 + noise * draw
// with D0 the newest model value and D1, D2 its scaled differences. lambda = log alpha - log sigma, h its increment.
#pragma once

#include "engine/diffusion/schedules/schedule.h"

namespace diptych::diffusion {

// The ++ variants integrate the predicted clean sample, the others the predicted noise.
enum class DpmAlgorithm { dpmsolver, dpmsolver_pp, sde_dpmsolver, sde_dpmsolver_pp };

// How a second-order step uses D1.
enum class DpmForm { midpoint, heun };

struct DpmCoefficients {
  float x = 0, d0 = 0, d1 = 0, d2 = 0, noise = 0;
};

float lambda_of(Mix mix);

// `consistent_sde`: for the third-order SDE step, coefficients whose error vanishes with h. diffusers has a sign wrong
// there (its d2 tends to -alpha instead of 0), which must be reproduced when its configuration asks for it.
// `eta`: of sde_dpmsolver_pp, the share of the SDE's noise; 0 is the ODE, 1 the SDE (k-diffusion's samplers).
DpmCoefficients dpm_coefficients(DpmAlgorithm algorithm, DpmForm form, Mix to, Mix from, float h, bool consistent_sde,
                                 float eta = 1);

}  // namespace diptych::diffusion
