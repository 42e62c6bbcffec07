// The interface of a text encoder: what an image model is conditioned on.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/core/context.h"

namespace diptych {

struct TextEncoderInfo {
  std::string architecture;  // "clip_text_model", "t5", …
  int64_t layers = 0;
  int64_t hidden = 0;
  int64_t vocab = 0;
  int64_t max_tokens = 0;  // of one text; 0: any number
  int64_t projection = 0;  // width of the projected text; 0: there is none
  int64_t parameters = 0;
};

// Texts of equal length, padded on the right.
struct TextBatch {
  int64_t rows = 0, columns = 0;
  std::vector<int32_t> ids;      // [rows * columns]
  std::vector<int64_t> lengths;  // [rows]: keys that any token attends to; empty: all
  // CLIP alone: what ids from the vocabulary's size on stand for, [n, hidden]; empty: there are none.
  Tensor embeddings = {};
};

struct TextEncoding {
  // Where they were asked for: 0 the embeddings, i the output of layer i. Each [rows * columns, hidden]. As
  // transformers has it, CLIP's last one is taken in front of the final norm, that of T5 and decoders behind it.
  std::vector<Tensor> hidden_states;
  Tensor last;       // [rows * columns, hidden], behind the final norm
  Tensor pooled;     // [rows, hidden]; empty where the architecture has none
  Tensor projected;  // [rows, projection], or empty
};

class TextEncoder {
 public:
  virtual ~TextEncoder() = default;
  virtual const TextEncoderInfo& info() const = 0;
  // Error (invalid_argument): more columns than max_tokens, ids outside the vocabulary.
  virtual TextEncoding forward(Context& ctx, const TextBatch& texts, bool with_hidden_states = false) const = 0;
  // The final norm over an earlier layer's hidden states, which "clip skip" asks for; decoders' states have it already.
  virtual Tensor final_norm(Context&, const Tensor& hidden) const { return hidden; }
};

}  // namespace diptych
