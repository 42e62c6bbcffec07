#include "engine/text/token_decoder.h"

#include <nlohmann/json.hpp>
#include <optional>

#include "engine/io/files/utf8.h"
#include "engine/text/byte_level.h"
#include "engine/text/tokenizer_fields.h"
#include "engine/text/unicode.h"

namespace diptych {
namespace {

using nlohmann::json;

constexpr const char* replacement_character = "\xEF\xBF\xBD";

class ByteLevelDecoder final : public TokenDecoder {
 public:
  void decode(std::vector<std::string>& tokens) const override {
    std::string bytes;
    for (const std::string& token : tokens) bytes += running(token);
    tokens.assign(1, lossy_utf8(bytes));
  }
  std::string running(std::string token) const override {
    if (auto bytes = from_byte_level(token)) return *bytes;
    return token;
  }
};

std::optional<char> byte_of(std::string_view token) {
  if (token.size() != 6 || !token.starts_with("<0x") || token[5] != '>') return std::nullopt;
  int value = 0;
  for (const char c : token.substr(3, 2)) {
    const int digit = c >= '0' && c <= '9'   ? c - '0'
                      : c >= 'A' && c <= 'F' ? c - 'A' + 10
                      : c >= 'a' && c <= 'f' ? c - 'a' + 10
                                             : -1;
    if (digit < 0) return std::nullopt;
    value = value * 16 + digit;
  }
  return static_cast<char>(value);
}

class ByteFallback final : public TokenDecoder {
 public:
  void decode(std::vector<std::string>& tokens) const override {
    std::vector<std::string> out;
    std::string bytes;
    const auto flush = [&] {
      if (is_utf8(bytes)) {
        if (!bytes.empty()) out.push_back(bytes);
      } else {
        out.insert(out.end(), bytes.size(), replacement_character);
      }
      bytes.clear();
    };
    for (std::string& token : tokens) {
      if (const auto byte = byte_of(token)) {
        bytes.push_back(*byte);
      } else {
        flush();
        out.push_back(std::move(token));
      }
    }
    flush();
    tokens = std::move(out);
  }
  std::string running(std::string token) const override {
    if (const auto byte = byte_of(token)) return std::string(1, *byte);
    return token;
  }
};

class Fuse final : public TokenDecoder {
 public:
  void decode(std::vector<std::string>& tokens) const override {
    std::string all;
    for (const std::string& token : tokens) all += token;
    tokens.assign(1, std::move(all));
  }
};

class ReplaceDecoder final : public TokenDecoder {
 public:
  ReplaceDecoder(TextPattern pattern, std::string with) : pattern_(std::move(pattern)), with_(std::move(with)) {}
  void decode(std::vector<std::string>& tokens) const override {
    for (std::string& token : tokens) token = pattern_.replace(token, with_);
  }
  std::string running(std::string token) const override { return pattern_.replace(token, with_); }

 private:
  TextPattern pattern_;
  std::string with_;
};

class StripDecoder final : public TokenDecoder {
 public:
  StripDecoder(std::string content, int64_t start, int64_t stop)
      : content_(std::move(content)), start_(start), stop_(stop) {}
  void decode(std::vector<std::string>& tokens) const override {
    for (std::string& token : tokens) {
      std::string_view rest = token;
      for (int64_t i = 0; i < start_ && rest.starts_with(content_); ++i) rest.remove_prefix(content_.size());
      for (int64_t i = 0; i < stop_ && rest.ends_with(content_); ++i) rest.remove_suffix(content_.size());
      token = std::string(rest);
    }
  }
  bool drops_leading_space() const override { return content_ == " " && start_ > 0; }

 private:
  std::string content_;
  int64_t start_, stop_;
};

class MetaspaceDecoder final : public TokenDecoder {
 public:
  MetaspaceDecoder(std::string marker, bool drop_first)
      : marker_(TextPattern(std::move(marker))), drop_first_(drop_first) {}
  void decode(std::vector<std::string>& tokens) const override {
    for (size_t i = 0; i < tokens.size(); ++i) tokens[i] = marker_.replace(tokens[i], i == 0 && drop_first_ ? "" : " ");
  }
  std::string running(std::string token) const override { return marker_.replace(token, " "); }
  bool drops_leading_space() const override { return drop_first_; }

 private:
  TextPattern marker_;
  bool drop_first_;
};

// Word ends are marked by a suffix (BPEDecoder).
class Suffix final : public TokenDecoder {
 public:
  explicit Suffix(std::string suffix) : suffix_(std::move(suffix)) {}
  void decode(std::vector<std::string>& tokens) const override {
    for (size_t i = 0; i < tokens.size(); ++i)
      tokens[i] = suffix_.replace(tokens[i], i + 1 == tokens.size() ? "" : " ");
  }
  std::string running(std::string token) const override { return suffix_.replace(token, " "); }

 private:
  TextPattern suffix_;
};

// The end of a word is part of its last token (CLIP): a space, but not at the end of the text.
class WordEnds final : public TokenDecoder {
 public:
  WordEnds(std::unique_ptr<TokenDecoder> inner, std::string suffix)
      : inner_(std::move(inner)), suffix_(std::move(suffix)) {}
  void decode(std::vector<std::string>& tokens) const override {
    inner_->decode(tokens);
    std::string all;
    for (const std::string& token : tokens) all += suffix_.replace(token, " ");
    const std::u32string characters = to_utf32(all);
    std::u32string_view rest = characters;
    while (!rest.empty() && is_space(rest.front())) rest.remove_prefix(1);
    while (!rest.empty() && is_space(rest.back())) rest.remove_suffix(1);
    tokens.assign(1, to_utf8(rest));
  }
  std::string running(std::string token) const override {
    return suffix_.replace(inner_->running(std::move(token)), " ");
  }

 private:
  std::unique_ptr<TokenDecoder> inner_;
  TextPattern suffix_;
};

class DecoderSteps final : public TokenDecoder {
 public:
  explicit DecoderSteps(std::vector<std::unique_ptr<TokenDecoder>> steps) : steps_(std::move(steps)) {}
  void decode(std::vector<std::string>& tokens) const override {
    for (const auto& step : steps_) step->decode(tokens);
  }
  std::string running(std::string token) const override {
    for (const auto& step : steps_) token = step->running(std::move(token));
    return token;
  }
  bool drops_leading_space() const override {
    for (const auto& step : steps_) {
      if (step->drops_leading_space()) return true;
    }
    return false;
  }

 private:
  std::vector<std::unique_ptr<TokenDecoder>> steps_;
};

}  // namespace

std::unique_ptr<TokenDecoder> make_byte_level_decoder() {
  return std::make_unique<ByteLevelDecoder>();
}

std::unique_ptr<TokenDecoder> make_word_end_decoder(std::unique_ptr<TokenDecoder> inner, std::string suffix) {
  return std::make_unique<WordEnds>(std::move(inner), std::move(suffix));
}

std::unique_ptr<TokenDecoder> make_sentencepiece_decoder(bool strip_first_space) {
  std::vector<std::unique_ptr<TokenDecoder>> steps;
  steps.push_back(std::make_unique<ReplaceDecoder>(TextPattern("▁"), " "));
  steps.push_back(std::make_unique<ByteFallback>());
  steps.push_back(std::make_unique<Fuse>());
  if (strip_first_space) steps.push_back(std::make_unique<StripDecoder>(" ", 1, 0));
  return std::make_unique<DecoderSteps>(std::move(steps));
}

std::unique_ptr<TokenDecoder> parse_token_decoder(const json& value, const std::string& path) {
  if (value.is_null()) return nullptr;
  const std::string type = type_of(value, path);
  if (type == "Sequence") {
    std::vector<std::unique_ptr<TokenDecoder>> steps;
    for (const json& step : array_field(value, "decoders", path)) {
      if (auto made = parse_token_decoder(step, path)) steps.push_back(std::move(made));
    }
    return std::make_unique<DecoderSteps>(std::move(steps));
  }
  if (type == "ByteLevel") return make_byte_level_decoder();
  if (type == "ByteFallback") return std::make_unique<ByteFallback>();
  if (type == "Fuse") return std::make_unique<Fuse>();
  if (type == "Replace")
    return std::make_unique<ReplaceDecoder>(TextPattern(value, "pattern", path),
                                            string_field(value, "content", "", path));
  if (type == "Strip") {
    const int64_t start = integer_field(value, "start", 0, path), stop = integer_field(value, "stop", 0, path);
    const std::string content = to_utf8(character_field(value, "content", U' ', path));
    return std::make_unique<StripDecoder>(content, start, stop);
  }
  if (type == "Metaspace") {
    const char* fallback = bool_field(value, "add_prefix_space", true, path) ? "always" : "never";
    const bool drop = string_field(value, "prepend_scheme", fallback, path) != "never";
    return std::make_unique<MetaspaceDecoder>(to_utf8(character_field(value, "replacement", 0x2581, path)), drop);
  }
  if (type == "BPEDecoder") return std::make_unique<Suffix>(string_field(value, "suffix", "</w>", path));
  fail_unsupported(path, "its decoder \"" + type + "\" is not read yet");
}

}  // namespace diptych
