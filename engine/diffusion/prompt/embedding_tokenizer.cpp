#include "engine/diffusion/prompt/embedding_tokenizer.h"

#include <algorithm>
#include <cctype>
#include <utility>

namespace diptych::diffusion {
namespace {

bool is_word_letter(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || static_cast<unsigned char>(c) >= 0x80;
}

char small_letter(char c) {
  return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
}

// Two letters that stand together are one word.
bool joined(char a, char b) {
  return is_word_letter(a) && is_word_letter(b);
}

bool stands_at(std::string_view text, size_t at, std::string_view word) {
  if (word.empty() || text.size() - at < word.size()) return false;
  if (at > 0 && joined(text[at - 1], word.front())) return false;
  if (at + word.size() < text.size() && joined(word.back(), text[at + word.size()])) return false;
  return std::ranges::equal(text.substr(at, word.size()), word,
                            [](char a, char b) { return small_letter(a) == small_letter(b); });
}

class EmbeddingTokenizer final : public Tokenizer {
 public:
  EmbeddingTokenizer(std::shared_ptr<const Tokenizer> base, EmbeddingWords words)
      : base_(std::move(base)), words_(std::move(words)) {}

  std::vector<int32_t> encode(std::string_view text, EncodeOptions options) const override {
    if (find_embedding_word(text, words_).ids == nullptr) return base_->encode(text, options);
    std::vector<int32_t> ids;
    const EncodeOptions inside{.add_special = false, .parse_special = options.parse_special};
    const auto append = [&](const std::vector<int32_t>& more) { ids.insert(ids.end(), more.begin(), more.end()); };
    for (size_t at = 0; at < text.size();) {
      const FoundWord word = find_embedding_word(text, words_, at);
      append(base_->encode(text.substr(at, word.ids == nullptr ? text.npos : word.begin - at), inside));
      if (word.ids == nullptr) break;
      append(*word.ids);
      at = word.end;
    }
    if (!options.add_special) return ids;
    std::vector<int32_t> whole = base_->encode("", {.add_special = true});  // begin and end
    whole.insert(whole.begin() + (whole.empty() ? 0 : 1), ids.begin(), ids.end());
    return whole;
  }

  std::string decode(std::span<const int32_t> ids, bool skip_special) const override {
    return base_->decode(ids, skip_special);
  }
  std::string_view token_bytes(int32_t id) const override { return base_->token_bytes(id); }
  std::string_view token_text(int32_t id) const override { return base_->token_text(id); }
  std::optional<int32_t> token_id(std::string_view text) const override { return base_->token_id(text); }
  bool is_control(int32_t id) const override { return base_->is_control(id); }
  bool is_end_of_generation(int32_t id) const override { return base_->is_end_of_generation(id); }
  int32_t vocab_size() const override { return base_->vocab_size(); }
  std::optional<int32_t> bos() const override { return base_->bos(); }
  std::optional<int32_t> eos() const override { return base_->eos(); }
  bool drops_leading_space() const override { return base_->drops_leading_space(); }

 private:
  std::shared_ptr<const Tokenizer> base_;
  EmbeddingWords words_;
};

}  // namespace

FoundWord find_embedding_word(std::string_view text, const EmbeddingWords& words, size_t from) {
  for (size_t at = from; at < text.size(); ++at) {
    FoundWord found;
    for (const auto& [word, ids] : words) {
      if (at + word.size() > found.end && stands_at(text, at, word)) found = {at, at + word.size(), &ids};
    }
    if (found.ids != nullptr) return found;
  }
  return {};
}

std::shared_ptr<const Tokenizer> with_embedding_words(std::shared_ptr<const Tokenizer> tokenizer,
                                                      EmbeddingWords words) {
  return std::make_shared<EmbeddingTokenizer>(std::move(tokenizer), std::move(words));
}

}  // namespace diptych::diffusion
