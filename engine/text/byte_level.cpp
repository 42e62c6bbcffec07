#include "engine/text/byte_level.h"

#include <array>
#include <cstdint>

#include "engine/text/unicode.h"

namespace diptych {
namespace {

// Printable Latin-1 bytes stand for themselves, all others for U+0100 onwards in order.
struct Alphabet {
  std::array<std::string, 256> text;
  std::array<int16_t, 0x144> byte;

  Alphabet() {
    byte.fill(-1);
    char32_t next = 0x100;
    for (uint32_t b = 0; b < 256; ++b) {
      const bool printable = (b >= 0x21 && b <= 0x7E) || (b >= 0xA1 && b <= 0xAC) || b >= 0xAE;
      const char32_t c = printable ? b : next++;
      text[b] = to_utf8(c);
      byte[c] = static_cast<int16_t>(b);
    }
  }
};

const Alphabet& alphabet() {
  static const Alphabet instance;
  return instance;
}

}  // namespace

void append_byte_level(std::string& out, std::string_view bytes) {
  const Alphabet& table = alphabet();
  for (const char c : bytes) out += table.text[static_cast<unsigned char>(c)];
}

std::optional<std::string> from_byte_level(std::string_view text) {
  const Alphabet& table = alphabet();
  std::string out;
  for (size_t at = 0; at < text.size();) {
    const Utf8Step step = utf8_step(text, at);
    at += step.bytes;
    if (step.c >= table.byte.size() || table.byte[step.c] < 0) return std::nullopt;
    out.push_back(static_cast<char>(table.byte[step.c]));
  }
  return out;
}

}  // namespace diptych
