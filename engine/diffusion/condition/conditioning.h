// From prompts to what a denoiser is conditioned on, as the pipelines of each family do it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/diffusion/condition/prompt_plan.h"
#include "engine/diffusion/image_model.h"

namespace diptych::diffusion {

// One row per text; what a family does not use stays empty. See DenoiserInput.
struct Conditioning {
  Tensor text = {};                        // [rows, tokens, width]
  std::vector<int64_t> text_lengths = {};  // [rows], or empty
  Tensor pooled = {};                      // [rows, width]
  Tensor time_ids = {};                    // [rows, sizes]
  std::vector<int32_t> classes = {};       // [rows]

  int64_t rows() const;
};

struct ConditioningOptions {
  int64_t width = 0, height = 0;  // of the image
  int clip_skip = 0;              // layers left out at the end of CLIP, beyond those that the family leaves out
  int64_t text_tokens = 0;        // read by T5 or a language model; 0: as many as the family's pipeline reads by itself
  double aesthetic_score = 6.0, negative_aesthetic_score = 2.5;  // SDXL's refiner
};

// A text that is absent is, where the model wants that, a
// condition of zeros, and an empty text elsewhere.
Conditioning encode_prompts(Context& ctx, const ImageModel& model, const PromptPlan& plan,
                            const ConditioningOptions& options);

// Class labels; none: the unconditional one. Error (invalid_argument) names a label that the model does not have.
Conditioning encode_classes(const ImageModel& model, const std::vector<std::optional<int32_t>>& labels);

// Row i of the result is row rows[i].
Conditioning gather(Context& ctx, const Conditioning& conditioning, const std::vector<int32_t>& rows);

}  // namespace diptych::diffusion
