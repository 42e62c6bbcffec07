#include "engine/diffusion/solvers/dpm_coefficients.h"

#include <cmath>

namespace diptych::diffusion {
namespace {

DpmCoefficients clean_ode(DpmForm form, Mix to, Mix from, float h) {
  const float decay = std::exp(-h) - 1.0f;
  DpmCoefficients c;
  c.x = to.sigma / from.sigma;
  c.d0 = -(to.alpha * decay);
  c.d1 = form == DpmForm::midpoint ? -(0.5f * (to.alpha * decay)) : to.alpha * (decay / h + 1.0f);
  c.d2 = -(to.alpha * ((decay + h) / (h * h) - 0.5f));
  return c;
}

DpmCoefficients noise_ode(DpmForm form, Mix to, Mix from, float h) {
  const float growth = std::exp(h) - 1.0f;
  DpmCoefficients c;
  c.x = to.alpha / from.alpha;
  c.d0 = -(to.sigma * growth);
  c.d1 = form == DpmForm::midpoint ? -(0.5f * (to.sigma * growth)) : -(to.sigma * (growth / h - 1.0f));
  c.d2 = -(to.sigma * ((growth - h) / (h * h) - 0.5f));
  return c;
}

DpmCoefficients clean_sde(DpmForm form, Mix to, Mix from, float h, bool consistent, float eta) {
  const float twice = (1.0f + eta) * h;        // with all noise of the SDE
  const float noisy = eta == 0 ? 0 : h * eta;  // a step to sigma 0 has no end
  const float rise = 1.0f - std::exp(-twice);
  DpmCoefficients c;
  c.x = to.sigma / from.sigma * std::exp(-noisy);
  c.d0 = to.alpha * rise;
  c.d1 = form == DpmForm::midpoint ? 0.5f * (to.alpha * rise) : to.alpha * (rise / -twice + 1.0f);
  c.d2 = to.alpha * ((rise - twice) / (twice * twice) + (consistent ? 0.5f : -0.5f));
  c.noise = to.sigma * std::sqrt(1.0f - std::exp(-2.0f * noisy));
  return c;
}

DpmCoefficients noise_sde(DpmForm form, Mix to, Mix from, float h) {
  const float growth = std::exp(h) - 1.0f;
  DpmCoefficients c;
  c.x = to.alpha / from.alpha;
  c.d0 = -(2.0f * (to.sigma * growth));
  c.d1 = form == DpmForm::midpoint ? -(to.sigma * growth) : -(2.0f * (to.sigma * (growth / h - 1.0f)));
  c.noise = to.sigma * std::sqrt(std::exp(2.0f * h) - 1.0f);
  return c;
}

}  // namespace

float lambda_of(Mix mix) {
  return std::log(mix.alpha) - std::log(mix.sigma);
}

DpmCoefficients dpm_coefficients(DpmAlgorithm algorithm, DpmForm form, Mix to, Mix from, float h, bool consistent_sde,
                                 float eta) {
  switch (algorithm) {
    case DpmAlgorithm::dpmsolver:
      return noise_ode(form, to, from, h);
    case DpmAlgorithm::sde_dpmsolver:
      return noise_sde(form, to, from, h);
    case DpmAlgorithm::sde_dpmsolver_pp:
      return clean_sde(form, to, from, h, consistent_sde, eta);
    case DpmAlgorithm::dpmsolver_pp:
      break;
  }
  return clean_ode(form, to, from, h);
}

}  // namespace diptych::diffusion
