// Storage types of tensors, shared by host and device code: computing types and GGUF's block-quantized types.
//
// A block type stores `block_values` consecutive values of a row in `block_bytes` bytes; the layouts of the blocks
// are in quant_blocks.h. Sources: the GGUF specification and ggml's block definitions (formats only).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace diptych {

enum class DType : uint8_t {
  f32,
  f16,
  bf16,
  f64,
  i8,
  u8,
  i16,
  i32,
  i64,
  boolean,
  f8_e4m3,
  f8_e5m2,
  q4_0,
  q4_1,
  q5_0,
  q5_1,
  q8_0,
  q2_k,
  q3_k,
  q4_k,
  q5_k,
  q6_k,
  iq4_nl,
  iq4_xs,
  mxfp4,
};

struct DTypeInfo {
  std::string_view name;  // lower case, as the command line writes it: "f16", "q4_k"
  int block_values;       // 1 for plain types
  int block_bytes;
};

const DTypeInfo& dtype_info(DType type);
std::optional<DType> parse_dtype(std::string_view name);  // accepts either case

inline std::string_view dtype_name(DType type) {
  return dtype_info(type).name;
}
inline bool is_quantized(DType type) {
  return type >= DType::q4_0;
}

// Bytes of `values` consecutive values; `values` must be a multiple of the type's block.
size_t dtype_bytes(DType type, int64_t values);

}  // namespace diptych
