#include "engine/text/character_map.h"

#include <unicode/brkiter.h>
#include <unicode/utext.h>

#include <cstdint>
#include <cstring>
#include <optional>
#include <vector>

#include "engine/io/files/utf8.h"
#include "engine/text/tokenizer_fields.h"
#include "engine/text/unicode.h"

namespace diptych {
namespace {

constexpr size_t longest_grapheme_bytes = 5;

class CharacterMap final : public Normalizer {
 public:
  CharacterMap(std::vector<uint32_t> units, std::string texts) : units_(std::move(units)), texts_(std::move(texts)) {}

  std::string normalize(std::string text) const override {
    std::string out;
    out.reserve(text.size());
    for_each_grapheme(text, [&](std::string_view grapheme) {
      if (grapheme.size() <= longest_grapheme_bytes) {
        if (const auto mapped = find(grapheme)) {
          out += *mapped;
          return;
        }
      }
      for (size_t at = 0; at < grapheme.size();) {
        const size_t bytes = utf8_step(grapheme, at).bytes;
        const std::string_view character = grapheme.substr(at, bytes);
        out += find(character).value_or(character);
        at += bytes;
      }
    });
    return out;
  }

 private:
  template <typename Visit>
  static void for_each_grapheme(const std::string& text, const Visit& visit) {
    UErrorCode status = U_ZERO_ERROR;
    // Reading ICU's rules takes longer than a prompt.
    static thread_local std::unique_ptr<icu::BreakIterator> graphemes;
    if (graphemes == nullptr)
      graphemes.reset(icu::BreakIterator::createCharacterInstance(icu::Locale::getRoot(), status));
    UText source = UTEXT_INITIALIZER;
    utext_openUTF8(&source, text.data(), static_cast<int64_t>(text.size()), &status);
    if (graphemes != nullptr) graphemes->setText(&source, status);
    if (U_FAILURE(status)) {
      utext_close(&source);
      fail_unsupported("text", std::string("ICU cannot find its characters: ") + u_errorName(status));
    }
    int32_t begin = graphemes->first();
    for (int32_t end = graphemes->next(); end != icu::BreakIterator::DONE; begin = end, end = graphemes->next()) {
      visit(std::string_view(text).substr(static_cast<size_t>(begin), static_cast<size_t>(end - begin)));
    }
    utext_close(&source);
  }

  // The text of the shortest key that `key` begins with.
  std::optional<std::string_view> find(std::string_view key) const {
    size_t at = offset(units_[0]);
    for (const char c : key) {
      const auto byte = static_cast<unsigned char>(c);
      at ^= byte;
      if (byte == 0 || at >= units_.size()) return std::nullopt;
      const uint32_t unit = units_[at];
      if (label(unit) != byte) return std::nullopt;
      at ^= offset(unit);
      if (!has_leaf(unit)) continue;
      if (at >= units_.size()) return std::nullopt;
      const size_t begin = value(units_[at]);
      const bool inside = begin < texts_.size() && (static_cast<unsigned char>(texts_[begin]) & 0xC0) != 0x80;
      if (!inside) return std::nullopt;
      return std::string_view(texts_).substr(begin, texts_.find('\0', begin) - begin);
    }
    return std::nullopt;
  }

  // Bits of a unit: 0-7 the byte that leads here, 8 whether a key ends here, 9 whether the offset is in units of 256,
  // 10-30 the offset; of a leaf, 0-30 the value and 31 set, so that no byte equals its label.
  static bool has_leaf(uint32_t unit) { return (unit >> 8 & 1) != 0; }
  static uint32_t value(uint32_t unit) { return unit & 0x7FFFFFFFu; }
  static uint32_t label(uint32_t unit) { return unit & 0x800000FFu; }
  static uint32_t offset(uint32_t unit) { return (unit >> 10) << ((unit & 0x200u) >> 6); }

  std::vector<uint32_t> units_;
  std::string texts_;
};

int sextet(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  return c == '+' ? 62 : c == '/' ? 63 : -1;
}

}  // namespace

std::unique_ptr<Normalizer> make_character_map(std::string_view blob, const std::string& path) {
  if (blob.empty()) return nullptr;
  uint32_t trie_bytes = 0;
  if (blob.size() < sizeof trie_bytes) fail_tokenizer(path, "its character map is cut off");
  std::memcpy(&trie_bytes, blob.data(), sizeof trie_bytes);
  blob.remove_prefix(sizeof trie_bytes);
  if (trie_bytes == 0 || trie_bytes % 4 != 0 || trie_bytes > blob.size())
    fail_tokenizer(path, "its character map has a trie of " + std::to_string(trie_bytes) + " bytes in " +
                             std::to_string(blob.size()));
  std::vector<uint32_t> units(trie_bytes / 4);
  std::memcpy(units.data(), blob.data(), trie_bytes);
  std::string texts(blob.substr(trie_bytes));
  if (!is_utf8(texts)) fail_tokenizer(path, "its character map holds bytes that are no UTF-8");
  return std::make_unique<CharacterMap>(std::move(units), std::move(texts));
}

std::string from_base64(std::string_view text, const std::string& path) {
  while (text.ends_with('=')) text.remove_suffix(1);
  std::string out;
  out.reserve(text.size() / 4 * 3 + 2);
  uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    const int six = sextet(c);
    if (six < 0) fail_tokenizer(path, "its character map is no base64");
    bits = bits << 6 | static_cast<uint32_t>(six);
    if ((count += 6) >= 8) out.push_back(static_cast<char>(bits >> (count -= 8)));
  }
  return out;
}

}  // namespace diptych
