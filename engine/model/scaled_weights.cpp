#include "engine/model/scaled_weights.h"

#include <algorithm>

#include "engine/core/error.h"

namespace diptych {

bool names_scale(std::string_view tensor) {
  constexpr std::string_view endings[] = {".scale_weight", ".weight_scale", ".weight_scale_inv", ".weight_scale_2",
                                          ".comfy_quant"};
  return tensor == "scaled_fp8" ||
         std::ranges::any_of(endings, [&](std::string_view ending) { return tensor.ends_with(ending); });
}

void refuse_scaled(const std::string& path, const std::string& scale) {
  throw Error(ErrorCategory::unsupported, "cannot load model", path,
              "its weights of 8 bits have scales of their own (" + scale + ")",
              "choose a file with plain fp8, bf16 or f16 weights");
}

}  // namespace diptych
