// Text to token ids and back, as the model's own files say.
//
// Sources: a GGUF file (byte-level BPE, SentencePiece BPE) or a Hugging Face folder (tokenizer.json). A tokenizer is
// immutable and may be used by many threads at once.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace diptych {

class GgufFile;
struct HfFolder;

struct EncodeOptions {
  bool add_special = false;    // BOS and EOS as the model's files say
  bool parse_special = false;  // control tokens written in the text become their ids
};

class Tokenizer {
 public:
  virtual ~Tokenizer() = default;

  // Bytes of `text` that are no UTF-8 count as U+FFFD. Error (unsupported) where a pattern gives up on the text.
  virtual std::vector<int32_t> encode(std::string_view text, EncodeOptions options = {}) const = 0;
  // Always valid UTF-8. Ids outside the vocabulary stand for nothing. `skip_special` leaves out control tokens.
  virtual std::string decode(std::span<const int32_t> ids, bool skip_special = false) const = 0;

  // The bytes that a token stands for inside a running text; may be a part of a character. Empty for unknown ids.
  virtual std::string_view token_bytes(int32_t id) const = 0;
  // The token as the vocabulary writes it ("Ġthe", "▁the", "<0x0A>", "<|im_end|>"). Empty for unknown ids.
  virtual std::string_view token_text(int32_t id) const = 0;
  virtual std::optional<int32_t> token_id(std::string_view text) const = 0;  // of a token as the vocabulary writes it

  virtual bool is_control(int32_t id) const = 0;
  virtual bool is_end_of_generation(int32_t id) const = 0;  // eos, eot, <|im_end|>, <end_of_turn>, …
  virtual int32_t vocab_size() const = 0;                   // one more than the largest id
  virtual std::optional<int32_t> bos() const = 0;
  virtual std::optional<int32_t> eos() const = 0;
  // A decoded text drops the space that the encoding put in front of it (Llama 2).
  virtual bool drops_leading_space() const = 0;
};

// Error: invalid_file for files that contradict themselves, not_found where a model has no tokenizer, unsupported for
// kinds that are not read yet.
std::shared_ptr<const Tokenizer> load_tokenizer(const GgufFile& file);
std::shared_ptr<const Tokenizer> load_tokenizer(const HfFolder& folder);

}  // namespace diptych
