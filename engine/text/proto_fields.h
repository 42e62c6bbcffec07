// The fields of a protocol buffer message, as its wire format has them: enough to read a SentencePiece model.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace diptych {

struct ProtoField {
  uint32_t number = 0;
  uint64_t value = 0;      // of varints and fixed-size fields: their bits
  std::string_view bytes;  // of texts and messages within
};

// Calls `field` for each in turn. Error (invalid_file) names `path` and the offset where a message is cut off or is
// none.
void read_proto(std::string_view message, const std::string& path, const std::function<void(const ProtoField&)>& field);

}  // namespace diptych
