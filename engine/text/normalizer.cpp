#include "engine/text/normalizer.h"

#include <functional>
#include <nlohmann/json.hpp>

#include "engine/core/error.h"
#include "engine/text/byte_level.h"
#include "engine/text/character_map.h"
#include "engine/text/tokenizer_fields.h"
#include "engine/text/unicode.h"

namespace diptych {
namespace {

using nlohmann::json;

class Form final : public Normalizer {
 public:
  explicit Form(NormalForm form) : form_(form) {}
  std::string normalize(std::string text) const override { return normalize_form(text, form_); }

 private:
  NormalForm form_;
};

// Rewrites one character at a time.
class PerCharacter final : public Normalizer {
 public:
  using Write = std::function<void(std::string& out, char32_t c)>;
  explicit PerCharacter(Write write) : write_(std::move(write)) {}
  std::string normalize(std::string text) const override {
    std::string out;
    out.reserve(text.size());
    for (size_t at = 0; at < text.size();) {
      const Utf8Step step = utf8_step(text, at);
      write_(out, step.c);
      at += step.bytes;
    }
    return out;
  }

 private:
  Write write_;
};

std::unique_ptr<Normalizer> keep_unless(bool (*drop)(char32_t)) {
  return std::make_unique<PerCharacter>([drop](std::string& out, char32_t c) {
    if (!drop(c)) append_utf8(out, c);
  });
}

class ReplaceNormalizer final : public Normalizer {
 public:
  ReplaceNormalizer(TextPattern pattern, std::string with) : pattern_(std::move(pattern)), with_(std::move(with)) {}
  std::string normalize(std::string text) const override { return pattern_.replace(text, with_); }

 private:
  TextPattern pattern_;
  std::string with_;
};

class Prepend final : public Normalizer {
 public:
  explicit Prepend(std::string prefix) : prefix_(std::move(prefix)) {}
  std::string normalize(std::string text) const override { return text.empty() ? text : prefix_ + text; }

 private:
  std::string prefix_;
};

class StripNormalizer final : public Normalizer {
 public:
  StripNormalizer(bool left, bool right) : left_(left), right_(right) {}
  std::string normalize(std::string text) const override {
    std::u32string_view rest;
    const std::u32string characters = to_utf32(text);
    rest = characters;
    while (left_ && !rest.empty() && is_space(rest.front())) rest.remove_prefix(1);
    while (right_ && !rest.empty() && is_space(rest.back())) rest.remove_suffix(1);
    return to_utf8(rest);
  }

 private:
  bool left_, right_;
};

class ByteLevelNormalizer final : public Normalizer {
 public:
  std::string normalize(std::string text) const override {
    std::string out;
    append_byte_level(out, text);
    return out;
  }
};

class SpaceCollapse final : public Normalizer {
 public:
  std::string normalize(std::string text) const override {
    std::string out;
    for (const char c : text) {
      if (c != ' ' || (!out.empty() && out.back() != ' ')) out.push_back(c);
    }
    if (!out.empty() && out.back() == ' ') out.pop_back();
    return out;
  }
};

class NormalizerSteps final : public Normalizer {
 public:
  explicit NormalizerSteps(std::vector<std::unique_ptr<Normalizer>> steps) : steps_(std::move(steps)) {}
  std::string normalize(std::string text) const override {
    const size_t limit_bytes = 64 * text.size() + (1u << 20);
    for (const auto& step : steps_) {
      text = step->normalize(std::move(text));
      if (text.size() > limit_bytes)
        throw Error(ErrorCategory::unsupported, "cannot tokenize", "text", "normalising makes it over 64 times longer",
                    "check tokenizer.json");
    }
    return text;
  }

 private:
  std::vector<std::unique_ptr<Normalizer>> steps_;
};

// SentencePiece's clean-up of control and format characters.
void write_nmt(std::string& out, char32_t c) {
  const bool dropped = (c >= 1 && c <= 8) || c == 0xB || (c >= 0xE && c <= 0x1F) || c == 0x7F || c == 0x8F || c == 0x9F;
  if (dropped) return;
  const bool space = c == 9 || c == 10 || c == 12 || c == 13 || c == 0x1680 || (c >= 0x200B && c <= 0x200F) ||
                     c == 0x2028 || c == 0x2029 || c == 0x2581 || c == 0xFEFF || c == 0xFFFD;
  append_utf8(out, space ? U' ' : c);
}

bool is_han(char32_t c) {
  return (c >= 0x4E00 && c <= 0x9FFF) || (c >= 0x3400 && c <= 0x4DBF) || (c >= 0x20000 && c <= 0x2A6DF) ||
         (c >= 0x2A700 && c <= 0x2B73F) || (c >= 0x2B740 && c <= 0x2B81F) || (c >= 0x2B920 && c <= 0x2CEAF) ||
         (c >= 0xF900 && c <= 0xFAFF) || (c >= 0x2F800 && c <= 0x2FA1F);
}

std::unique_ptr<Normalizer> make_bert(const json& value, const std::string& path) {
  std::vector<std::unique_ptr<Normalizer>> steps;
  const bool lowercase = bool_field(value, "lowercase", true, path);
  if (bool_field(value, "clean_text", true, path)) {
    steps.push_back(std::make_unique<PerCharacter>([](std::string& out, char32_t c) {
      const bool space = is_space(c);
      if (c == 0 || c == 0xFFFD || (is_other(c) && c != '\t' && c != '\n' && c != '\r')) return;
      append_utf8(out, space ? U' ' : c);
    }));
  }
  if (bool_field(value, "handle_chinese_chars", true, path)) {
    steps.push_back(std::make_unique<PerCharacter>([](std::string& out, char32_t c) {
      if (is_han(c)) out.push_back(' ');
      append_utf8(out, c);
      if (is_han(c)) out.push_back(' ');
    }));
  }
  if (bool_field(value, "strip_accents", lowercase, path)) {
    steps.push_back(std::make_unique<Form>(NormalForm::nfd));
    steps.push_back(keep_unless(is_nonspacing));
  }
  if (lowercase) steps.push_back(std::make_unique<PerCharacter>(append_lower));
  return make_normalizer_sequence(std::move(steps));
}

}  // namespace

std::unique_ptr<Normalizer> make_prepend(std::string prefix) {
  return std::make_unique<Prepend>(std::move(prefix));
}

std::unique_ptr<Normalizer> make_replace(std::string from, std::string to) {
  return std::make_unique<ReplaceNormalizer>(TextPattern(std::move(from)), std::move(to));
}

std::unique_ptr<Normalizer> make_space_collapse() {
  return std::make_unique<SpaceCollapse>();
}

std::unique_ptr<Normalizer> make_normalizer_sequence(std::vector<std::unique_ptr<Normalizer>> steps) {
  return std::make_unique<NormalizerSteps>(std::move(steps));
}

std::unique_ptr<Normalizer> parse_normalizer(const json& value, const std::string& path) {
  if (value.is_null()) return nullptr;
  const std::string type = type_of(value, path);
  if (type == "Sequence") {
    std::vector<std::unique_ptr<Normalizer>> steps;
    for (const json& step : array_field(value, "normalizers", path)) {
      if (auto made = parse_normalizer(step, path)) steps.push_back(std::move(made));
    }
    return make_normalizer_sequence(std::move(steps));
  }
  if (type == "NFC") return std::make_unique<Form>(NormalForm::nfc);
  if (type == "NFD") return std::make_unique<Form>(NormalForm::nfd);
  if (type == "NFKC") return std::make_unique<Form>(NormalForm::nfkc);
  if (type == "NFKD") return std::make_unique<Form>(NormalForm::nfkd);
  if (type == "Lowercase") return std::make_unique<PerCharacter>(append_lower);
  if (type == "StripAccents") return keep_unless(is_mark);
  if (type == "Strip")
    return std::make_unique<StripNormalizer>(bool_field(value, "strip_left", true, path),
                                             bool_field(value, "strip_right", true, path));
  if (type == "Prepend") return make_prepend(string_field(value, "prepend", "", path));
  if (type == "Replace")
    return std::make_unique<ReplaceNormalizer>(TextPattern(value, "pattern", path),
                                               string_field(value, "content", "", path));
  if (type == "ByteLevel") return std::make_unique<ByteLevelNormalizer>();
  if (type == "Nmt") return std::make_unique<PerCharacter>(write_nmt);
  if (type == "BertNormalizer") return make_bert(value, path);
  if (type == "Precompiled")
    return make_character_map(from_base64(string_field(value, "precompiled_charsmap", "", path), path), path);
  fail_unsupported(path, "its normalizer \"" + type + "\" is not read yet");
}

}  // namespace diptych
