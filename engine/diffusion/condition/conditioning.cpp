#include "engine/diffusion/condition/conditioning.h"

#include <algorithm>
#include <iterator>

#include "engine/core/error.h"
#include "engine/diffusion/condition/causal_text.h"
#include "engine/diffusion/condition/instructed_text.h"
#include "engine/diffusion/condition/text_parts.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/join.h"
#include "engine/text/unicode.h"

namespace diptych::diffusion {
namespace {

// Zeros, as models are told what is not there.
Tensor zeros(Context& ctx, const Shape& shape) {
  Tensor tensor = ctx.output(shape);
  if (!tensor.is_meta()) std::ranges::fill(tensor.span<float>(), 0.0f);
  return tensor;
}

// By ops that gradients go through: the encoders may be in training.
Tensor with_zero_rows(Context& ctx, const Tensor& x, const std::vector<bool>& zero) {
  if (std::ranges::find(zero, true) == zero.end()) return x;
  const int64_t values = x.elements() / x.dim(0);
  const Tensor all = concat(ctx, x.reshape({x.dim(0), values}), zeros(ctx, {1, values}), 0);
  std::vector<int32_t> rows;
  for (size_t row = 0; row < zero.size(); ++row) rows.push_back(static_cast<int32_t>(zero[row] ? zero.size() : row));
  return gather_rows(ctx, all, rows).reshape(x.shape());
}

// [rows, tokens, n] -> [rows, tokens, width], zeros behind
Tensor widened(Context& ctx, const Tensor& x, int64_t width) {
  return x.dim(2) == width ? x : concat(ctx, x, zeros(ctx, {x.dim(0), x.dim(1), width - x.dim(2)}), 2);
}

Conditioning stable_diffusion(Context& ctx, const ImageModel& model, const EncoderTexts& texts, int clip_skip) {
  return {.text = encode_clip(ctx, model.texts[0], texts, {.skip = clip_skip}).text};
}

// Original size, crop and target size (Podell et al. 2023); the refiner has a score in place of the target size.
Tensor sdxl_sizes(Context& ctx, const ImageModel& model, const std::vector<bool>& negative,
                  const ConditioningOptions& options) {
  const auto w = static_cast<float>(options.width), h = static_cast<float>(options.height);
  const bool refiner = !model.texts[0].encoder;
  const auto rows = static_cast<int64_t>(negative.size());
  Tensor sizes = ctx.output({rows, refiner ? 5 : 6});
  if (sizes.is_meta()) return sizes;
  float* out = sizes.data<float>();
  for (const bool one : negative) {
    for (const float value : {h, w, 0.0f, 0.0f}) *out++ = value;
    if (refiner) {
      *out++ = static_cast<float>(one ? options.negative_aesthetic_score : options.aesthetic_score);
    } else {
      *out++ = h;
      *out++ = w;
    }
  }
  return sizes;
}

Conditioning sdxl(Context& ctx, const ImageModel& model, const PromptPlan& plan, const ConditioningOptions& options) {
  const EncoderTexts& texts = plan.texts;
  const ClipLayerChoice layer{.skip = 1 + options.clip_skip, .normalized = false};
  const EncodedText second = encode_clip(ctx, model.texts[1], texts, layer);
  Tensor text = second.text;
  if (model.texts[0].encoder) {
    text = concat(ctx, encode_clip(ctx, model.texts[0], texts, layer).text, text, 2);  // [rows, tokens, sum of widths]
  }
  std::vector<bool> zero, negative;
  for (size_t i = 0; i < texts.size(); ++i) {
    zero.push_back(model.zeros_without_negative && texts[i].absent);
    negative.push_back(i < plan.negative_texts);
  }
  return {.text = with_zero_rows(ctx, text, zero),
          .pooled = with_zero_rows(ctx, second.projected, zero),
          .time_ids = sdxl_sizes(ctx, model, negative, options)};
}

Conditioning sd3(Context& ctx, const ImageModel& model, const EncoderTexts& texts, const ConditioningOptions& options) {
  const ClipLayerChoice layer{.skip = 1 + options.clip_skip, .normalized = false};
  const EncodedText first = encode_clip(ctx, model.texts[0], texts, layer);
  const EncodedText second = encode_clip(ctx, model.texts[1], texts, layer);
  const int64_t width = model.denoiser->info().text_width, tokens = options.text_tokens > 0 ? options.text_tokens : 256;
  const Tensor clip = widened(ctx, concat(ctx, first.text, second.text, 2), width);  // [rows, 77, width]
  const Tensor t5 = model.texts[2].encoder ? encode_t5(ctx, model.texts[2], texts, tokens, false).text
                                           : zeros(ctx, {clip.dim(0), tokens, width});  // [rows, tokens, width]
  // Files of CLIP-L may come without their projection, which is then none.
  const Tensor& pooled = first.projected ? first.projected : first.pooled;
  return {.text = concat(ctx, clip, t5, 1), .pooled = concat(ctx, pooled, second.projected, 1)};
}

Conditioning flux(Context& ctx, const ImageModel& model, const EncoderTexts& texts,
                  const ConditioningOptions& options) {
  const int64_t tokens = options.text_tokens > 0 ? options.text_tokens : 512;
  return {.text = encode_t5(ctx, model.texts[1], texts, tokens, false).text,
          .pooled = encode_clip(ctx, model.texts[0], texts, {}).pooled};
}

// Captions were written in small letters.
EncoderTexts small_letters(EncoderTexts texts) {
  for (EncoderText& one : texts) {
    const std::u32string text = to_utf32(one.plain);
    const auto begin = std::find_if_not(text.begin(), text.end(), is_space);
    const auto end = std::find_if_not(text.rbegin(), std::make_reverse_iterator(begin), is_space).base();
    one.plain.clear();
    std::for_each(begin, end, [&](char32_t c) { append_lower(one.plain, c); });
  }
  return texts;
}

Conditioning pixart(Context& ctx, const ImageModel& model, const EncoderTexts& texts,
                    const ConditioningOptions& options) {
  const int64_t usual = model.pipeline == "PixArtAlphaPipeline" ? 120 : 300;
  const int64_t tokens = options.text_tokens > 0 ? options.text_tokens : usual;
  EncodedText t5 = encode_t5(ctx, model.texts[0], small_letters(texts), tokens, true);
  Tensor sizes;  // [rows, 3]: PixArt-alpha's large models are told the size and its aspect
  if (model.denoiser->info().size_conditioned) {
    const auto rows = static_cast<int64_t>(texts.size());
    sizes = ctx.output({rows, 3});
    const auto h = static_cast<float>(options.height), w = static_cast<float>(options.width);
    for (int64_t row = 0; row < rows && !sizes.is_meta(); ++row) {
      std::ranges::copy(std::initializer_list<float>{h, w, h / w}, sizes.data<float>() + 3 * row);
    }
  }
  return {.text = t5.text, .text_lengths = std::move(t5.lengths), .time_ids = sizes};
}

int64_t language_tokens(const ImageModel& model, const ConditioningOptions& options) {
  return options.text_tokens > 0 ? options.text_tokens : traits_of(model.family).language_tokens;
}

// Its pipeline reads the last layer but one of what a user asks the model.
Conditioning z_image(Context& ctx, const ImageModel& model, const EncoderTexts& texts,
                     const ConditioningOptions& options) {
  std::vector<std::string> prompts;
  for (const EncoderText& text : texts) prompts.push_back(user_message(model.texts[0].window, text.plain));
  const int64_t tokens = language_tokens(model, options);
  EncodedText encoded = encode_language(ctx, model.texts[0], prompts, {.tokens = tokens, .skipped_layers = 1});
  return {.text = encoded.text, .text_lengths = std::move(encoded.lengths)};
}

// The question that its pipeline asks, whose first 34 tokens it drops.
Conditioning qwen_image(Context& ctx, const ImageModel& model, const EncoderTexts& texts,
                        const ConditioningOptions& options) {
  std::vector<std::string> prompts;
  for (const EncoderText& text : texts) {
    prompts.push_back(
        "<|im_start|>system\nDescribe the image by detailing the color, shape, size, texture, quantity, text, spatial "
        "relationships of the objects and background:<|im_end|>\n<|im_start|>user\n" +
        text.plain + "<|im_end|>\n<|im_start|>assistant\n");
  }
  const int64_t tokens = language_tokens(model, options);
  EncodedText encoded = encode_language(ctx, model.texts[0], prompts, {.tokens = tokens, .dropped = 34});
  return {.text = encoded.text, .text_lengths = std::move(encoded.lengths)};
}

// The prompt stands behind an instruction, of which the denoiser sees nothing; the negative one stands alone.
Conditioning sana(Context& ctx, const ImageModel& model, const PromptPlan& plan, const ConditioningOptions& options) {
  std::vector<InstructedText> texts;
  for (const EncoderText& text : small_letters(plan.texts)) {
    texts.push_back({.text = text.plain, .instructed = texts.size() >= plan.negative_texts});
  }
  EncodedText encoded =
      encode_instructed(ctx, model.texts[0], sana_instruction, texts, language_tokens(model, options));
  return {.text = encoded.text, .text_lengths = std::move(encoded.lengths)};
}

Conditioning causal_text(Context& ctx, const ImageModel& model, const EncoderTexts& texts,
                         const ConditioningOptions& options) {
  EncodedText encoded = encode_causal_text(ctx, model.texts[0], texts, options.text_tokens);
  return {.text = encoded.text, .text_lengths = std::move(encoded.lengths)};
}

Tensor gather_rows_of(Context& ctx, const Tensor& x, const std::vector<int32_t>& rows) {
  if (!x) return x;
  const Tensor flat = gather_rows(ctx, x.reshape({x.dim(0), x.elements() / x.dim(0)}), rows);
  return flat.reshape(x.shape().with(0, static_cast<int64_t>(rows.size())));
}

template <typename T>
std::vector<T> gather_values(const std::vector<T>& values, const std::vector<int32_t>& rows) {
  std::vector<T> result;
  if (values.empty()) return result;
  for (const int32_t row : rows) result.push_back(values[static_cast<size_t>(row)]);
  return result;
}

}  // namespace

int64_t Conditioning::rows() const {
  return text ? text.dim(0) : static_cast<int64_t>(classes.size());
}

Conditioning encode_prompts(Context& ctx, const ImageModel& model, const PromptPlan& plan,
                            const ConditioningOptions& options) {
  switch (model.family) {
    case ImageFamily::stable_diffusion:
      return stable_diffusion(ctx, model, plan.texts, options.clip_skip);
    case ImageFamily::sdxl:
      return sdxl(ctx, model, plan, options);
    case ImageFamily::sd3:
      return sd3(ctx, model, plan.texts, options);
    case ImageFamily::flux:
      return flux(ctx, model, plan.texts, options);
    case ImageFamily::pixart:
      return pixart(ctx, model, plan.texts, options);
    case ImageFamily::sana:
      return sana(ctx, model, plan, options);
    case ImageFamily::z_image:
      return z_image(ctx, model, plan.texts, options);
    case ImageFamily::qwen_image:
      return qwen_image(ctx, model, plan.texts, options);
    case ImageFamily::causal_text:
      return causal_text(ctx, model, plan.texts, options);
    case ImageFamily::dit:
      break;
  }
  throw Error(ErrorCategory::invalid_argument, "cannot use a prompt", plan.texts.back().plain,
              "the model makes images of classes", "give class labels");
}

Conditioning encode_classes(const ImageModel& model, const std::vector<std::optional<int32_t>>& labels) {
  const auto known = static_cast<int32_t>(model.denoiser->info().classes);
  Conditioning conditioning;
  for (const auto& label : labels) {
    if (label && (*label < 0 || *label >= known)) {
      throw Error(ErrorCategory::invalid_argument, "cannot make an image of class", std::to_string(*label),
                  known == 0 ? "the model is given prompts" : "the model knows 0 to " + std::to_string(known - 1),
                  known == 0 ? "give a prompt" : "choose one of these");
    }
    conditioning.classes.push_back(label.value_or(known));
  }
  return conditioning;
}

Conditioning gather(Context& ctx, const Conditioning& c, const std::vector<int32_t>& rows) {
  return {.text = gather_rows_of(ctx, c.text, rows),
          .text_lengths = gather_values(c.text_lengths, rows),
          .pooled = gather_rows_of(ctx, c.pooled, rows),
          .time_ids = gather_rows_of(ctx, c.time_ids, rows),
          .classes = gather_values(c.classes, rows)};
}

}  // namespace diptych::diffusion
