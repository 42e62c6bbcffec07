#include "engine/diffusion/prompt/prompt_text.h"

#include <charconv>
#include <cmath>

#include "engine/text/unicode.h"

namespace diptych::diffusion {
namespace {

bool word_ends_before(std::string_view text, size_t at) {
  if (at == 0) return true;
  size_t start = at - 1;  // the character in front begins at most four bytes back
  while (start > 0 && at - start < 4 && (static_cast<unsigned char>(text[start]) & 0xC0) == 0x80) --start;
  return !is_word(utf8_step(text, start).c);
}

bool word_starts_at(std::string_view text, size_t at) {
  return at < text.size() && is_word(utf8_step(text, at).c);
}

}  // namespace

bool is_blank(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

std::string_view trim_left(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  return text;
}

std::string_view trim_right(std::string_view text) {
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

size_t find_word(std::string_view text, std::string_view word, size_t from) {
  for (size_t at = text.find(word, from); at != text.npos; at = text.find(word, at + 1))
    if (word_ends_before(text, at) && !word_starts_at(text, at + word.size())) return at;
  return text.npos;
}

std::optional<double> read_decimal(std::string_view text, bool exponent) {
  if (text.starts_with('+')) {
    text.remove_prefix(1);
    if (text.starts_with('-')) return std::nullopt;
  }
  const size_t first = text.starts_with('-') ? 1 : 0;
  if (first == text.size() || text[first] == 'i' || text[first] == 'n' || text[first] == 'I' || text[first] == 'N')
    return std::nullopt;
  double value = 0;
  const auto format = exponent ? std::chars_format::general : std::chars_format::fixed;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, format);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

std::string write_decimal(double value) {
  char buffer[400];
  return {buffer, std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::fixed).ptr};
}

}  // namespace diptych::diffusion
