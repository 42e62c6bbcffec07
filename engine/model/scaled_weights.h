// Weights of 8 bits that are to be multiplied by a scale of their own, which is not done here: without it they are
// noise.
#pragma once

#include <string>
#include <string_view>

namespace diptych {

// Whether a tensor of this name holds such a scale, as ComfyUI's, diffusers' and transformers' files call them.
bool names_scale(std::string_view tensor);

// The scale of the weight, if the file has one by a name derived from the weight's; else empty. `contains(name)`.
template <typename Contains>
std::string scale_beside(const std::string& weight, const Contains& contains) {
  for (const char* ending : {"_scale", "_scale_inv"}) {
    if (contains(weight + ending)) return weight + ending;
  }
  return {};
}

[[noreturn]] void refuse_scaled(const std::string& path, const std::string& scale);  // Error (unsupported)

}  // namespace diptych
