// The interface of what makes pictures a prompt (IP-Adapter, Ye et al. 2023): it turns what an image encoder says of
// them into tokens, and these into keys and values for each cross attention of a denoiser.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/core/context.h"

namespace diptych {

struct ImagePromptModelInfo {
  std::string architecture;               // "IP-Adapter", "IP-Adapter Plus", "IP-Adapter Full"
  std::string name;                       // of its file, for messages
  bool reads_hidden_states = false;       // the encoder's last but one; otherwise its projected picture
  int64_t image_width = 0;                // of what it reads
  int64_t text_width = 0;                 // of its tokens
  std::vector<int64_t> cross_attentions;  // channels of each that it has keys and values for
  int64_t parameters = 0;
};

struct KeysValues {
  Tensor keys, values;  // [tokens, channels]
};

class ImagePromptModel {
 public:
  virtual ~ImagePromptModel() = default;
  virtual const ImagePromptModelInfo& info() const = 0;
  // pictures [rows, image_width], or of hidden states [rows, n, image_width] -> [rows, tokens, text_width]. Error
  // (invalid_argument): another shape.
  virtual Tensor project(Context& ctx, const Tensor& pictures) const = 0;
  // tokens [n, text_width], for cross attention `index`
  virtual KeysValues keys_values(Context& ctx, const Tensor& tokens, size_t index) const = 0;
};

}  // namespace diptych
