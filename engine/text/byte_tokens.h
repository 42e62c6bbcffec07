// The tokens <0x00> … <0xFF> that stand for the bytes of characters which a vocabulary does not have.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "engine/text/vocabulary.h"

namespace diptych {

class ByteTokens {
 public:
  explicit ByteTokens(const Vocabulary& vocabulary);

  int32_t operator[](char byte) const { return ids_[static_cast<unsigned char>(byte)]; }  // -1: missing
  bool cover(std::string_view text) const {
    return std::ranges::all_of(text, [&](char byte) { return (*this)[byte] >= 0; });
  }

 private:
  int32_t ids_[256];
};

}  // namespace diptych
