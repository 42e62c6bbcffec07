#include "engine/io/byte_reader.h"

#include "engine/core/error.h"

namespace diptych {

void ByteReader::fail(uint64_t at, const std::string& why) const {
  throw Error(ErrorCategory::invalid_file, what_, path_, why + " (at byte " + std::to_string(at) + ")",
              "the file is damaged, incomplete or of another kind: copy or download it again");
}

}  // namespace diptych
