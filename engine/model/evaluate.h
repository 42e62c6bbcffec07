// One forward of a component by the names that its reference implementation uses: inputs are the arguments of its
// forward(), outputs the fields of what it returns. Behind `diptych eval` and diptych-golden.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/io/formats/tensor_file.h"
#include "engine/model/causal_lm.h"
#include "engine/model/image_autoencoder.h"
#include "engine/model/image_encoder.h"
#include "engine/model/image_prompt_model.h"
#include "engine/model/text_encoder.h"

namespace diptych {

// Prompts of one batch as a rectangle of ids, and which part of each row is text.
struct PromptRows {
  struct Text {
    int64_t begin = 0, end = 0;  // columns; the others are padding
  };
  int64_t columns = 0;
  std::vector<Text> rows;
  std::vector<int32_t> tokens;  // of all rows, padding left out

  int64_t length(size_t row) const { return rows[row].end - rows[row].begin; }
  bool padded() const { return static_cast<int64_t>(tokens.size()) != columns * static_cast<int64_t>(rows.size()); }
  // One sequence per row, without a cache. Padding is not computed; positions count from the first token of the text,
  // which rotary embeddings do not distinguish from any other start.
  Batch batch() const;
};

// `input_ids` [rows, columns] and, if given, `attention_mask` and `position_ids` of the same shape. A row may be padded
// on the left or on the right. Error (invalid_argument): another shape, ids outside [0, vocab), a row without text, a
// mask with a gap, positions that do not count up by one.
PromptRows prompt_rows(const TensorMap& inputs, int64_t vocab);

// transformers' *ForCausalLM: logits [rows, columns, vocab] and hidden_states.N [rows, columns, hidden], 0 the
// embeddings, the last one after the final norm. Rows of padding are zero. Error as prompt_rows, and unsupported for
// inputs that are no arguments of these.
TensorMap evaluate(Context& ctx, const CausalLm& model, const TensorMap& inputs);

// transformers' text encoders: last_hidden_state and hidden_states.N [rows, columns, hidden] of all positions, those of
// padding (right of the text) included; pooler_output [rows, hidden], or text_embeds [rows, projection] in its place.
TensorMap evaluate(Context& ctx, const TextEncoder& model, const TensorMap& inputs);

// diffusers' autoencoders: of `image` [rows, channels, height, width] the `mean` and `logvar` (or, where there is no
// variance, the `latents`), of `latent` the `decoded` image; whichever of the two is given.
TensorMap evaluate(Context& ctx, const ImageAutoencoder& model, const TensorMap& inputs);

// transformers' CLIPVisionModelWithProjection: of `pixel_values` the last_hidden_state, hidden_states.N and
// image_embeds (or, without a projection, pooler_output).
TensorMap evaluate(Context& ctx, const ImageEncoder& model, const TensorMap& inputs);

// diffusers' image projections: of `image_embeds` the image_tokens.
TensorMap evaluate(Context& ctx, const ImagePromptModel& model, const TensorMap& inputs);

}  // namespace diptych
