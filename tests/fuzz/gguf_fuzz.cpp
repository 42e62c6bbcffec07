// Any bytes given as a GGUF file are read or refused with an Error.
#include <cstdint>
#include <cstring>
#include <vector>

#include "engine/core/error.h"
#include "engine/io/formats/gguf.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::vector<std::byte> bytes(size);
  if (size > 0) std::memcpy(bytes.data(), data, size);
  try {
    const auto file = diptych::GgufFile::parse(diptych::MappedFile::adopt(std::move(bytes), "fuzz.gguf"));
    for (const auto& [key, value] : file->metadata().values()) {
      try {
        if (value.element == diptych::GgufType::string) (void)file->metadata().get_strings(key);
        (void)file->metadata().get_f32s(key);
      } catch (const diptych::Error&) {
      }
    }
    for (const auto& entry : file->entries()) {
      if (!entry.type) continue;
      const auto view = file->find(entry.name);
      volatile std::byte last = view->data[view->bytes - 1];
      (void)last;
    }
  } catch (const diptych::Error&) {
  }
  return 0;
}
