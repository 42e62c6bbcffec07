// Any bytes given as a safetensors file are read or refused with an Error.
#include <cstdint>
#include <cstring>
#include <vector>

#include "engine/core/error.h"
#include "engine/io/formats/safetensors.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::vector<std::byte> bytes(size);
  if (size > 0) std::memcpy(bytes.data(), data, size);
  try {
    const auto file = diptych::SafetensorsFile::parse(diptych::MappedFile::adopt(std::move(bytes), "fuzz.safetensors"));
    for (const auto& entry : file->entries()) {
      if (!entry.type) continue;
      const auto view = file->find(entry.name);
      if (view->bytes == 0) continue;
      volatile std::byte last = view->data[view->bytes - 1];
      (void)last;
    }
  } catch (const diptych::Error&) {
  }
  return 0;
}
