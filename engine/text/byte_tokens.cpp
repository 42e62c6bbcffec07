#include "engine/text/byte_tokens.h"

#include <string>

namespace diptych {

ByteTokens::ByteTokens(const Vocabulary& vocabulary) {
  constexpr const char* digits = "0123456789ABCDEF";
  for (int byte = 0; byte < 256; ++byte) {
    const std::string text = std::string("<0x") + digits[byte >> 4] + digits[byte & 15] + '>';
    ids_[byte] = vocabulary.find(text).value_or(-1);
  }
}

}  // namespace diptych
