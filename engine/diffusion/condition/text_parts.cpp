#include "engine/diffusion/condition/text_parts.h"

#include <algorithm>

#include "engine/core/error.h"
#include "engine/diffusion/prompt/clip_prompt.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/join.h"
#include "engine/text/chat_template.h"

namespace diptych::diffusion {
namespace {

// Each text cut or padded to `tokens`.
TextBatch plain_batch(const TextPart& part, const EncoderTexts& texts, int64_t tokens, std::vector<int64_t>& lengths) {
  TextBatch batch;
  batch.rows = static_cast<int64_t>(texts.size());
  batch.columns = tokens;
  for (const EncoderText& text : texts) {
    const TextWindow::Ids ids = part.window.fit(text.plain, tokens);
    batch.ids.insert(batch.ids.end(), ids.ids.begin(), ids.ids.end());
    lengths.push_back(ids.length);
  }
  check_ids(part, batch);
  return batch;
}

// What no row needs: most prompts fill a small part of the hundreds of tokens that they may have.
void drop_padding(TextBatch& batch, int64_t columns) {
  std::vector<int32_t> ids;
  for (int64_t row = 0; row < batch.rows; ++row) {
    const auto begin = batch.ids.begin() + row * batch.columns;
    ids.insert(ids.end(), begin, begin + columns);
  }
  batch.ids = std::move(ids);
  batch.columns = columns;
}

// A row per window, `count` of them for each text.
struct WindowBatch {
  TextBatch batch;
  int64_t count = 1;
  std::vector<float> weights;  // of each token
};

WindowBatch window_batch(const TextPart& part, const EncoderTexts& texts) {
  ClipTokens tokens = clip_tokens(*part.window.tokenizer);
  tokens.pad = part.window.pad;
  tokens.runs = part.embedding_runs;
  const ClipWindowOptions options{.length = part.window.tokens - 2};
  std::vector<ClipWindows> windows;
  WindowBatch result;
  for (const EncoderText& text : texts) {
    const std::vector<PromptPiece> pieces = text.pieces.empty() ? std::vector<PromptPiece>{{text.plain}} : text.pieces;
    windows.push_back(clip_windows(pieces, *part.window.tokenizer, tokens, options));
    result.count = std::max(result.count, windows.back().count);
  }
  result.batch.columns = part.window.tokens;
  result.batch.rows = result.count * static_cast<int64_t>(texts.size());
  for (ClipWindows& one : windows) {
    extend_windows(one, result.count, tokens);
    result.batch.ids.insert(result.batch.ids.end(), one.ids.begin(), one.ids.end());
    result.weights.insert(result.weights.end(), one.weights.begin(), one.weights.end());
  }
  check_ids(part, result.batch);
  return result;
}

Tensor emphasised(Context& ctx, const Tensor& text, const WindowBatch& windows) {
  if (std::ranges::all_of(windows.weights, [](float weight) { return weight == 1; })) return text;
  Tensor result = ctx.output(text.shape());
  if (result.is_meta()) return result;
  const auto columns = static_cast<size_t>(windows.batch.columns), width = static_cast<size_t>(text.dim(-1));
  std::ranges::copy(text.span<float>(), result.data<float>());
  for (size_t row = 0; row < static_cast<size_t>(windows.batch.rows); ++row) {
    apply_emphasis(result.span<float>().subspan(row * columns * width, columns * width),
                   std::span(windows.weights).subspan(row * columns, columns));
  }
  return result;
}

// Rows 0, count, 2 count, …
Tensor first_windows(Context& ctx, const Tensor& x, const WindowBatch& windows) {
  if (!x || windows.count == 1) return x;
  std::vector<int32_t> rows;
  for (int64_t row = 0; row < windows.batch.rows; row += windows.count) rows.push_back(static_cast<int32_t>(row));
  return gather_rows(ctx, x, rows);
}

}  // namespace

void check_ids(const TextPart& part, const TextBatch& batch) {
  const int64_t learned = part.embeddings ? part.embeddings.dim(0) : 0;
  const auto vocab = static_cast<int32_t>(part.encoder->info().vocab + learned);
  for (const int32_t id : batch.ids) {
    if (id >= 0 && id < vocab) continue;
    throw Error(ErrorCategory::invalid_file, "cannot encode prompt", part.encoder->info().architecture,
                "its tokenizer gives token " + std::to_string(id) + ", the encoder knows " + std::to_string(vocab),
                "choose a tokenizer and a text encoder that belong together");
  }
}

EncodedText encode_clip(Context& ctx, const TextPart& part, const EncoderTexts& texts, const ClipLayerChoice& layer) {
  EncodedText result;
  const TextEncoder& encoder = *part.encoder;
  if (layer.skip < 0 || layer.skip > encoder.info().layers) {
    throw Error(ErrorCategory::invalid_argument, "cannot skip layers", std::to_string(layer.skip),
                "the text encoder has " + std::to_string(encoder.info().layers), "choose a smaller clip skip");
  }
  WindowBatch windows;
  std::vector<int64_t> lengths;
  if (std::ranges::any_of(texts, [](const EncoderText& text) { return !text.pieces.empty(); })) {
    windows = window_batch(part, texts);
  } else {
    windows.batch = plain_batch(part, texts, part.window.tokens, lengths);
  }
  windows.batch.embeddings = part.embeddings;
  const bool earlier = layer.skip > 0 || !layer.normalized;
  const TextEncoding encoding = encoder.forward(ctx, windows.batch, earlier);
  Tensor text = encoding.last;
  if (earlier) {
    text = encoding.hidden_states[encoding.hidden_states.size() - 1 - static_cast<size_t>(layer.skip)];
    if (layer.normalized) text = encoder.final_norm(ctx, text);
  }
  result.text = emphasised(ctx, text, windows)
                    .reshape({static_cast<int64_t>(texts.size()), windows.count * windows.batch.columns, text.dim(-1)});
  result.pooled = first_windows(ctx, encoding.pooled, windows);
  result.projected = first_windows(ctx, encoding.projected, windows);
  return result;
}

EncodedText encode_t5(Context& ctx, const TextPart& part, const EncoderTexts& texts, int64_t tokens, bool masked) {
  EncodedText result;
  TextBatch batch = plain_batch(part, texts, tokens, result.lengths);
  if (masked) {
    drop_padding(batch, std::ranges::max(result.lengths));
    batch.lengths = result.lengths;
  }
  const Tensor text = part.encoder->forward(ctx, batch).last;
  result.text = text.reshape({batch.rows, batch.columns, text.dim(-1)});
  return result;
}

std::string user_message(const TextWindow& window, const std::string& text) {
  // As Qwen's has it.
  if (!window.chat) return "<|im_start|>user\n" + text + "<|im_end|>\n<|im_start|>assistant\n";
  TemplateOptions options;
  options.variables = {{"enable_thinking", true}};
  nlohmann::ordered_json messages = nlohmann::ordered_json::array();
  messages.push_back({{"role", "user"}, {"content", text}});
  return window.chat->render(messages, options);
}

EncodedText encode_language(Context& ctx, const TextPart& part, const std::vector<std::string>& prompts,
                            const LanguageForm& form) {
  std::vector<std::vector<int32_t>> rows;
  EncodedText result;
  TextBatch batch{.rows = static_cast<int64_t>(prompts.size()), .columns = form.dropped + 1, .ids = {}, .lengths = {}};
  for (const std::string& prompt : prompts) {
    auto& ids = rows.emplace_back(part.window.tokenizer->encode(prompt, {.parse_special = true}));
    ids.resize(std::min(ids.size(), static_cast<size_t>(form.tokens + form.dropped)));
    batch.lengths.push_back(static_cast<int64_t>(ids.size()));
    result.lengths.push_back(std::max<int64_t>(batch.lengths.back() - form.dropped, 1));
    batch.columns = std::max(batch.columns, batch.lengths.back());
  }
  for (auto& ids : rows) {
    ids.resize(static_cast<size_t>(batch.columns), part.window.pad);
    batch.ids.insert(batch.ids.end(), ids.begin(), ids.end());
  }
  check_ids(part, batch);
  const TextEncoding encoding = part.encoder->forward(ctx, batch, true);
  const Tensor& states = encoding.hidden_states[encoding.hidden_states.size() - 1 - form.skipped_layers];
  const Tensor text = states.reshape({batch.rows, batch.columns, states.dim(-1)});
  result.text = form.dropped > 0 ? contiguous(ctx, text.slice(1, form.dropped, batch.columns)) : text;
  return result;
}

}  // namespace diptych::diffusion
