// The name of one layer's weight in both formats, without the layer's own prefix.
#pragma once

namespace diptych::models {

struct LayerName {
  const char* gguf;
  const char* hf;
};

}  // namespace diptych::models
