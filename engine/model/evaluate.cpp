#include "engine/model/evaluate.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

#include "engine/core/error.h"

namespace diptych {
namespace {

[[noreturn]] void refuse(const std::string& input, const std::string& why, const std::string& to_do) {
  throw Error(ErrorCategory::invalid_argument, "cannot evaluate", input, why, to_do);
}

const Tensor* find(const TensorMap& inputs, const std::string& name) {
  const auto found = inputs.find(name);
  return found == inputs.end() ? nullptr : &found->second;
}

// The text's columns in one row of a mask: ones without a gap.
PromptRows::Text text_of_mask(std::span<const int64_t> mask, size_t row) {
  const auto begin = std::ranges::find_if(mask, [](int64_t value) { return value != 0; });
  const auto end = std::find(begin, mask.end(), 0);
  if (begin == mask.end()) {
    refuse("attention_mask", "row " + std::to_string(row) + " masks every token", "leave the row out");
  }
  if (std::any_of(end, mask.end(), [](int64_t value) { return value != 0; })) {
    refuse("attention_mask", "row " + std::to_string(row) + " has a gap in its text",
           "pad rows on the left or on the right only");
  }
  return {begin - mask.begin(), end - mask.begin()};
}

// Masks may be floating point: ones and zeros all the same.
std::vector<int64_t> mask_of(const Tensor& tensor) {
  if (tensor.dtype() != DType::f32) return integers_of(tensor, "attention_mask");
  std::vector<int64_t> mask;
  for (const float value : tensor.span<float>()) mask.push_back(value != 0 ? 1 : 0);
  return mask;
}

// Puts rows of text [tokens, width] into a rectangle [rows, columns, width], zeros where there is padding.
Tensor spread(Context& ctx, const PromptRows& prompts, const Tensor& text) {
  const int64_t width = text.dim(1), count = static_cast<int64_t>(prompts.rows.size());
  if (!prompts.padded()) return text.reshape({count, prompts.columns, width});
  Tensor whole = ctx.output({count, prompts.columns, width});
  if (whole.is_meta()) return whole;
  std::ranges::fill(whole.span<float>(), 0.0f);
  const float* source = text.data<float>();
  for (size_t row = 0; row < prompts.rows.size(); ++row) {
    const int64_t first = static_cast<int64_t>(row) * prompts.columns + prompts.rows[row].begin;
    const int64_t values = prompts.length(row) * width;
    std::copy_n(source, values, whole.data<float>() + first * width);
    source += values;
  }
  return whole;
}

void check_names(const TensorMap& inputs) {
  for (const auto& [name, tensor] : inputs) {
    if (name == "input_ids" || name == "attention_mask" || name == "position_ids") continue;
    throw Error(ErrorCategory::unsupported, "cannot evaluate", name, "it is no input of a language model here",
                "give input_ids and, where rows are padded, attention_mask");
  }
}

}  // namespace

Batch PromptRows::batch() const {
  Batch batch;
  batch.tokens = tokens;
  batch.sequence_offsets = {0};
  for (size_t row = 0; row < rows.size(); ++row) {
    for (int64_t i = 0; i < length(row); ++i) batch.positions.push_back(static_cast<int32_t>(i));
    batch.sequence_offsets.push_back(batch.sequence_offsets.back() + length(row));
  }
  return batch;
}

PromptRows prompt_rows(const TensorMap& inputs, int64_t vocab) {
  const Tensor* ids = find(inputs, "input_ids");
  if (ids == nullptr) refuse("input_ids", "the tensor is missing", "give input_ids [rows, columns], int64");
  if (ids->shape().rank() != 2 || ids->elements() == 0) {
    refuse("input_ids", "its shape is " + ids->shape().str(), "give [rows, columns]");
  }
  const std::vector<int64_t> values = integers_of(*ids, "input_ids");
  for (const char* name : {"attention_mask", "position_ids"}) {
    const Tensor* other = find(inputs, name);
    if (other != nullptr && other->shape() != ids->shape()) {
      refuse(name, "its shape is " + other->shape().str(), "give the shape of input_ids, " + ids->shape().str());
    }
  }
  const auto row_count = static_cast<size_t>(ids->dim(0)), columns = static_cast<size_t>(ids->dim(1));
  const Tensor* mask_tensor = find(inputs, "attention_mask");
  const Tensor* position_tensor = find(inputs, "position_ids");
  const std::vector<int64_t> mask = mask_tensor != nullptr ? mask_of(*mask_tensor) : std::vector<int64_t>();
  const auto positions = position_tensor != nullptr ? integers_of(*position_tensor, "position_ids") : mask;

  PromptRows prompts;
  prompts.columns = ids->dim(1);
  for (size_t row = 0; row < row_count; ++row) {
    const size_t first = row * columns;
    PromptRows::Text text{0, prompts.columns};
    if (mask_tensor != nullptr) text = text_of_mask(std::span(mask).subspan(first, columns), row);
    for (auto i = static_cast<size_t>(text.begin); i < static_cast<size_t>(text.end); ++i) {
      const int64_t id = values[first + i];
      if (id < 0 || id >= vocab) {
        refuse("input_ids", "token " + std::to_string(id) + " is none of the model's",
               "its tokens are 0 to " + std::to_string(vocab - 1));
      }
      const bool starts = i == static_cast<size_t>(text.begin);
      if (position_tensor != nullptr && !starts && positions[first + i] != positions[first + i - 1] + 1) {
        refuse("position_ids", "row " + std::to_string(row) + " does not count up by one",
               "evaluate each run of positions as a row of its own");
      }
      prompts.tokens.push_back(static_cast<int32_t>(id));
    }
    prompts.rows.push_back(text);
  }
  return prompts;
}

TensorMap evaluate(Context& ctx, const CausalLm& model, const TensorMap& inputs) {
  check_names(inputs);
  const PromptRows prompts = prompt_rows(inputs, model.info().vocab);
  HiddenStates hidden;
  const Tensor logits = model.forward(ctx, prompts.batch(), nullptr, &hidden);  // [tokens, vocab]
  TensorMap outputs;
  outputs["logits"] = spread(ctx, prompts, logits);
  for (size_t i = 0; i < hidden.states.size(); ++i) {
    outputs["hidden_states." + std::to_string(i)] = spread(ctx, prompts, hidden.states[i]);
  }
  return outputs;
}

TensorMap evaluate(Context& ctx, const TextEncoder& model, const TensorMap& inputs) {
  check_names(inputs);
  if (find(inputs, "position_ids") != nullptr) {
    throw Error(ErrorCategory::unsupported, "cannot evaluate", "position_ids", "a text encoder counts from 0 here",
                "leave them out");
  }
  const TextEncoderInfo& info = model.info();
  const PromptRows prompts = prompt_rows(inputs, info.vocab);
  TextBatch texts;
  texts.rows = static_cast<int64_t>(prompts.rows.size());
  texts.columns = prompts.columns;
  for (const int64_t id : integers_of(*find(inputs, "input_ids"), "input_ids")) {
    if (id < 0 || id >= info.vocab) {
      refuse("input_ids", "token " + std::to_string(id) + " is none of the model's",
             "its tokens are 0 to " + std::to_string(info.vocab - 1));
    }
    texts.ids.push_back(static_cast<int32_t>(id));
  }
  for (const PromptRows::Text& text : prompts.rows) {
    if (text.begin != 0) refuse("attention_mask", "a row is padded on the left", "pad texts on the right");
    if (prompts.padded()) texts.lengths.push_back(text.end);
  }
  const TextEncoding encoding = model.forward(ctx, texts, true);
  const Shape whole{texts.rows, texts.columns, info.hidden};
  TensorMap outputs;
  for (size_t i = 0; i < encoding.hidden_states.size(); ++i) {
    outputs["hidden_states." + std::to_string(i)] = encoding.hidden_states[i].reshape(whole);
  }
  outputs["last_hidden_state"] = encoding.last.reshape(whole);
  if (encoding.projected) {
    outputs["text_embeds"] = encoding.projected;
  } else if (encoding.pooled) {
    outputs["pooler_output"] = encoding.pooled;
  }
  return outputs;
}

}  // namespace diptych
