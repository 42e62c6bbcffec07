#include "engine/io/formats/byte_reader.h"

#include "engine/core/error.h"

namespace diptych {

void ByteReader::fail(uint64_t at, const std::string& why) const {
  throw Error(ErrorCategory::invalid_file, what_, path_, why + " (at byte " + std::to_string(at) + ")",
              "the file is damaged, incomplete or of another kind: copy or download it again");
}

void ByteReader::fail_short(uint64_t count, const char* field) const {
  fail(offset_, std::string(field) + " needs " + std::to_string(count) + " bytes, the file has " +
                    std::to_string(remaining()) + " more");
}

void ByteReader::fail_count(uint64_t count, uint64_t at, const char* field) const {
  fail(at, std::string(field) + " is " + std::to_string(count) + ", more than the file can hold");
}

}  // namespace diptych
