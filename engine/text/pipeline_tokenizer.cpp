#include "engine/text/pipeline_tokenizer.h"

#include <algorithm>
#include <array>

#include "engine/io/files/utf8.h"
#include "engine/text/split.h"
#include "engine/text/unicode.h"

namespace diptych {
namespace {

constexpr std::string_view marker = "▁";
constexpr size_t longest_cached_piece = 64;

class PipelineTokenizer final : public Tokenizer {
 public:
  explicit PipelineTokenizer(TokenizerParts parts);

  std::vector<int32_t> encode(std::string_view text, EncodeOptions options) const override;
  std::string decode(std::span<const int32_t> ids, bool skip_special) const override;
  std::string_view token_bytes(int32_t id) const override {
    return id >= 0 && id < vocab_size() ? std::string_view(bytes_).substr(offsets_[id], offsets_[id + 1] - offsets_[id])
                                        : std::string_view();
  }
  std::string_view token_text(int32_t id) const override {
    const auto added = added_texts_.find(id);
    return added != added_texts_.end() ? std::string_view(added->second) : parts_.vocabulary->text(id);
  }
  std::optional<int32_t> token_id(std::string_view text) const override {
    const auto added = added_ids_.find(text);
    if (added != added_ids_.end()) return added->second;
    return parts_.vocabulary->find(text);
  }
  bool is_control(int32_t id) const override { return has(id, control_flag); }
  bool is_end_of_generation(int32_t id) const override { return has(id, end_flag); }
  int32_t vocab_size() const override { return static_cast<int32_t>(flags_.size()); }
  std::optional<int32_t> bos() const override { return parts_.bos; }
  std::optional<int32_t> eos() const override { return parts_.eos; }
  bool drops_leading_space() const override { return parts_.decoder && parts_.decoder->drops_leading_space(); }

 private:
  using Cache = std::unordered_map<std::string, std::vector<int32_t>>;
  static constexpr uint8_t control_flag = 1, end_flag = 2;

  bool has(int32_t id, uint8_t flag) const {
    return id >= 0 && id < static_cast<int32_t>(flags_.size()) && (flags_[id] & flag) != 0;
  }
  void set(int32_t id, uint8_t flag) {
    if (id >= 0 && id < static_cast<int32_t>(flags_.size())) flags_[id] |= flag;
  }
  void encode_text(std::string_view text, bool at_start, EncodeOptions options, Cache& cache,
                   std::vector<int32_t>& out) const;
  void encode_fragment(std::string text, bool at_start, Cache& cache, std::vector<int32_t>& out) const;

  TokenizerParts parts_;
  std::unordered_map<int32_t, std::string> added_texts_;
  std::unordered_map<std::string_view, int32_t> added_ids_;
  AddedTokenMatcher raw_, normalized_;
  std::vector<uint8_t> flags_;
  std::string bytes_;  // of all tokens, by offset
  std::vector<size_t> offsets_;
};

PipelineTokenizer::PipelineTokenizer(TokenizerParts parts) : parts_(std::move(parts)) {
  int32_t size = parts_.vocabulary->size();
  for (const AddedToken& token : parts_.added) size = std::max(size, token.id + 1);
  flags_.resize(size);
  std::vector<AddedToken> raw, normalized;
  for (const AddedToken& token : parts_.added) {
    added_texts_[token.id] = token.content;
    if (token.special) set(token.id, control_flag);
    AddedToken sought = token;
    if (token.normalized && parts_.normalizer) sought.content = parts_.normalizer->normalize(sought.content);
    (token.normalized ? normalized : raw).push_back(std::move(sought));
  }
  for (const auto& [id, text] : added_texts_) added_ids_.emplace(text, id);
  raw_ = AddedTokenMatcher(std::move(raw));
  normalized_ = AddedTokenMatcher(std::move(normalized));
  for (const int32_t id : parts_.control) set(id, control_flag);
  for (const int32_t id : parts_.end_of_generation) set(id, end_flag);
  offsets_.reserve(flags_.size() + 1);
  offsets_.push_back(0);
  for (int32_t id = 0; id < size; ++id) {
    const std::string_view text = token_text(id);
    if (ends_generation(text)) flags_[id] |= control_flag | end_flag;
    bytes_ += parts_.decoder ? parts_.decoder->running(std::string(text)) : std::string(text);
    offsets_.push_back(bytes_.size());
  }
  // gpt-oss ends each message of an answer with <|end|>, the answer with <|return|> or <|call|>.
  const auto end = token_id("<|end|>");
  if (end && token_id("<|return|>") && token_id("<|call|>")) flags_[*end] &= static_cast<uint8_t>(~end_flag);
}

std::vector<int32_t> PipelineTokenizer::encode(std::string_view text, EncodeOptions options) const {
  std::string whole;
  if (!is_utf8(text)) {
    whole = lossy_utf8(text);
    text = whole;
  }
  std::vector<int32_t> out;
  if (options.add_special) out = parts_.before;
  Cache cache;
  for (const auto& part : raw_.split(text, options.parse_special)) {
    if (part.id >= 0) {
      out.push_back(part.id);
    } else {
      encode_text(text.substr(part.begin, part.end - part.begin), part.begin == 0, options, cache, out);
    }
  }
  if (options.add_special) out.insert(out.end(), parts_.after.begin(), parts_.after.end());
  return out;
}

void PipelineTokenizer::encode_text(std::string_view text, bool at_start, EncodeOptions options, Cache& cache,
                                    std::vector<int32_t>& out) const {
  std::string normal(text);
  if (parts_.normalizer) normal = parts_.normalizer->normalize(std::move(normal));
  if (normalized_.empty()) return encode_fragment(std::move(normal), at_start, cache, out);
  for (const auto& part : normalized_.split(normal, options.parse_special)) {
    if (part.id >= 0) {
      out.push_back(part.id);
    } else {
      encode_fragment(normal.substr(part.begin, part.end - part.begin), at_start && part.begin == 0, cache, out);
    }
  }
}

void PipelineTokenizer::encode_fragment(std::string text, bool at_start, Cache& cache,
                                        std::vector<int32_t>& out) const {
  if (text.empty()) return;
  Pieces pieces;
  pieces.spans.push_back({0, text.size(), at_start});
  pieces.text = std::move(text);
  if (parts_.pre_tokenizer) parts_.pre_tokenizer->split(pieces);
  if (parts_.cut_before_marker) {
    cut_spans(pieces, [](std::string_view piece, std::vector<SplitPart>& cut) {
      cut.clear();
      size_t begin = 0;
      for (size_t at = piece.find(marker); at != piece.npos; at = piece.find(marker, at + marker.size())) {
        if (at > begin && !piece.substr(0, at).ends_with(marker)) {
          cut.push_back({begin, at, false});
          begin = at;
        }
      }
      cut.push_back({begin, piece.size(), false});
    });
  }
  for (const Pieces::Span& span : pieces.spans) {
    const std::string_view piece = pieces.piece(span);
    if (piece.size() > longest_cached_piece) {
      parts_.model->encode(piece, out);
      continue;
    }
    const auto [entry, added] = cache.try_emplace(std::string(piece));
    if (added) parts_.model->encode(piece, entry->second);
    out.insert(out.end(), entry->second.begin(), entry->second.end());
  }
}

std::string PipelineTokenizer::decode(std::span<const int32_t> ids, bool skip_special) const {
  std::vector<std::string> tokens;
  tokens.reserve(ids.size());
  for (const int32_t id : ids) {
    if (id < 0 || id >= vocab_size() || (skip_special && is_control(id))) continue;
    const std::string_view text = token_text(id);
    if (!text.empty()) tokens.emplace_back(text);
  }
  if (parts_.decoder) parts_.decoder->decode(tokens);
  std::string out;
  for (const std::string& token : tokens) {
    if (!parts_.decoder && !out.empty()) out.push_back(' ');
    out += token;
  }
  return out;
}

}  // namespace

std::shared_ptr<const Tokenizer> make_pipeline_tokenizer(TokenizerParts parts) {
  return std::make_shared<PipelineTokenizer>(std::move(parts));
}

bool ends_generation(std::string_view token_text) {
  static constexpr std::array<std::string_view, 20> texts{"<|eot_id|>",
                                                          "<|eom_id|>",
                                                          "<|im_end|>",
                                                          "<|end|>",
                                                          "<|return|>",
                                                          "<|call|>",
                                                          "<|flush|>",
                                                          "<|calls|>",
                                                          "<end_of_turn>",
                                                          "<|endoftext|>",
                                                          "<EOT>",
                                                          "_<EOT>",
                                                          "[EOT]",
                                                          "[EOS]",
                                                          "<|end_of_text|>",
                                                          "<turn|>",
                                                          "<|tool_response>",
                                                          "<end_of_utterance>",
                                                          "<｜end▁of▁sentence｜>",
                                                          "[e~["};
  return token_text.size() >= 4 && std::find(texts.begin(), texts.end(), token_text) != texts.end();
}

}  // namespace diptych
