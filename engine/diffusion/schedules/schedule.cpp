#include "engine/diffusion/schedules/schedule.h"

#include <cmath>

namespace diptych::diffusion {

Mix mix_at(Space space, float sigma) {
  switch (space) {
    case Space::preserving: {
      const float alpha = 1.0f / std::sqrt(sigma * sigma + 1.0f);
      return {alpha, sigma * alpha};
    }
    case Space::flow:
      return {1.0f - sigma, sigma};
    case Space::exploding:
      break;
  }
  return {1.0f, sigma};
}

const char* prediction_name(Prediction prediction) {
  switch (prediction) {
    case Prediction::epsilon:
      return "epsilon";
    case Prediction::v:
      return "v_prediction";
    case Prediction::sample:
      return "sample";
    case Prediction::flow:
      break;
  }
  return "flow_prediction";
}

}  // namespace diptych::diffusion
