// The numbers of the GGUF format: metadata types and tensor types. Source: the GGUF specification (ggml/docs/gguf.md).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "kernels/common/dtype.h"

namespace diptych {

enum class GgufType : uint32_t { u8, i8, u16, i16, u32, i32, f32, boolean, string, array, u64, i64, f64 };

// Bytes of one value of a fixed-size type; 0 for strings, arrays and numbers that are no type.
uint64_t gguf_type_bytes(GgufType type);
std::string_view gguf_type_name(GgufType type);

// A tensor type of the format. `type` is empty where nothing here computes with it.
struct GgufTensorType {
  uint32_t id;
  std::string_view name;
  int block_values, block_bytes;
  std::optional<DType> type;
};

const GgufTensorType* gguf_tensor_type(uint32_t id);  // nullptr: no such type (or one that was removed)
const GgufTensorType* gguf_tensor_type(DType type);   // nullptr: the format cannot store it

// The usual name of general.file_type ("Q4_K_M"); empty where unknown.
std::string_view gguf_file_type_name(uint32_t file_type);

}  // namespace diptych
