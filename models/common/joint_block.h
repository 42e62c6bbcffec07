// One block of a multimodal diffusion transformer (MMDiT; Esser et al. 2024, figure 2b): image and text have weights of
// their own and meet in the attention. SD3, FLUX and Qwen-Image differ by names, norms of heads and positions.
#pragma once

#include <string>

#include "models/common/feed_forward.h"
#include "models/common/modulation.h"
#include "models/common/projection.h"

namespace diptych::models {

// Names of what differs between files, within a block and without ".weight".
struct JointNames {
  const char* modulation = "norm1.linear";
  const char* text_modulation = "norm1_context.linear";
  const char* mlp = "ff";
  const char* text_mlp = "ff_context";
};

struct JointForm {
  int64_t heads = 0, head_dim = 0;
  bool qk_norm = false;
  bool dual_attention = false;  // SD3.5: the image attends to itself as well
  bool ends_text = false;       // the last block: text gives keys and values only

  int64_t width() const { return heads * head_dim; }
};

struct JointState {
  Tensor image, text;  // [rows * tokens, width]
};

struct JointAngles {
  RopeAngles image, text;  // of one row's tokens
};

class JointBlock {
 public:
  JointBlock(WeightLoader& weights, const std::string& name, const JointNames& names, const JointForm& form);

  // condition [rows, width], behind its SiLU; of the text of a row the first lengths[row] tokens count (empty: all).
  // The last block's text is empty. In the rows from `first_perturbed` on (below 0: in none) each place of the image
  // sees itself and the text alone; all tokens of the text count there.
  JointState forward(Context& ctx, JointState x, const Tensor& condition, std::span<const int64_t> lengths = {},
                     const JointAngles* angles = nullptr, int64_t first_perturbed = -1) const;

  // What the attention reads of the image: the tokens behind their norm, modulated by the condition.
  Tensor modulated_image(Context& ctx, const Tensor& image, const Tensor& condition) const;

 private:
  JointState compute(Context& ctx, JointState x, const Tensor& condition, std::span<const int64_t> lengths,
                     const JointAngles* angles, int64_t first_perturbed) const;

  struct Stream {
    Linear modulation;  // [6 width, width]; with a second attention [9 width, width]
    Projection attention;
    Linear output;  // [width, width]
    FeedForward mlp;
  };
  Tensor feed_forward(Context& ctx, const Tensor& x, const Modulation& m, const FeedForward& mlp) const;

  JointForm form_;
  Stream image_, text_;
  Projection second_attention_;  // where there is dual attention
  Linear second_output_;         // [width, width]
};

}  // namespace diptych::models
