// What the denoiser was asked with last, kept for the next step: the rows of the conditioning that the images take, and
// the keys that its attentions made of their text.
#pragma once

#include "engine/diffusion/condition/conditioning.h"
#include "engine/model/text_keys.h"

namespace diptych::diffusion {

class GatheredConditioning {
 public:
  // Row i is row rows[i] of `all`. Gathered again, and the keys dropped, only where other rows are asked for than last.
  const Conditioning& of(Context& ctx, const Conditioning& all, const std::vector<int32_t>& rows);

  TextKeys& text_keys() { return text_keys_; }
  void drop_text_keys() { text_keys_ = {}; }

 private:
  std::vector<int32_t> rows_;
  Conditioning gathered_;
  TextKeys text_keys_;
};

}  // namespace diptych::diffusion
