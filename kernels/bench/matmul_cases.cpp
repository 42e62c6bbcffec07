#include <algorithm>
#include <cstring>

#include "kernels/bench/kernel_cases.h"
#include "kernels/common/half.h"
#include "kernels/common/quant_blocks.h"
#include "kernels/cpu/matmul.h"

namespace diptych::kernels::bench {
namespace {

// `count` values of any storage type; a pattern is repeated, as making them takes longer than multiplying.
std::vector<std::byte> some_weights(DType type, int64_t count) {
  constexpr int64_t pattern_values = 4096;
  const std::vector<float> values = some_values(pattern_values);
  std::vector<std::byte> pattern(dtype_bytes(type, pattern_values));
  if (is_quantized(type)) {
    quantize_row(type, values.data(), pattern.data(), pattern_values);
  } else if (type == DType::f32) {
    std::memcpy(pattern.data(), values.data(), pattern.size());
  } else {
    for (size_t i = 0; i < values.size(); ++i) {
      const uint16_t half = type == DType::f16 ? f32_to_f16(values[i]) : f32_to_bf16(values[i]);
      std::memcpy(&pattern[2 * i], &half, 2);
    }
  }
  std::vector<std::byte> bytes(dtype_bytes(type, count));
  for (size_t i = 0; i < bytes.size(); i += pattern.size()) {
    std::memcpy(&bytes[i], pattern.data(), std::min(pattern.size(), bytes.size() - i));
  }
  return bytes;
}

void matmul_case(const CaseRunner& runner, DType type, int64_t rows, int64_t cols, int64_t tokens) {
  KernelTiming timing;
  timing.name = "matmul " + std::string(dtype_name(type)) + " " + std::to_string(rows) + "x" + std::to_string(cols) +
                " tokens " + std::to_string(tokens);
  if (!runner.wants(timing.name)) return;
  const std::vector<std::byte> source = some_weights(type, rows * cols);
  std::vector<std::byte> packed(cpu::packed_bytes(type, rows, cols));
  cpu::pack_rows(type, source.data(), rows, cols, 0, rows, packed.data());
  const std::vector<float> x = some_values(tokens * cols);
  std::vector<std::byte> prepared(static_cast<size_t>(tokens) * cpu::activation_bytes(type, cols));
  cpu::prepare_activations(type, x.data(), cols, cols, 0, tokens, prepared.data());
  std::vector<float> y(static_cast<size_t>(tokens * rows));
  timing.bytes = static_cast<double>(packed.size());
  timing.flops = 2.0 * static_cast<double>(tokens * rows) * static_cast<double>(cols);
  timing.int8 = is_quantized(type);
  runner.run(std::move(timing), rows, cpu::tile_rows(), [&](int64_t begin, int64_t end) {
    constexpr int64_t range = 128;  // rows that a thread takes at a time in a model
    for (int64_t row = begin; row < end; row += range) {
      cpu::matmul(type, packed.data(), rows, cols, prepared.data(), tokens, row, std::min(end, row + range), nullptr,
                  y.data(), rows);
    }
  });
}

}  // namespace

void matmul_cases(const CaseRunner& runner) {
  for (const DType type : {DType::q4_0, DType::q4_1, DType::q5_0, DType::q5_1, DType::q8_0, DType::q4_k, DType::q5_k,
                           DType::q6_k, DType::f16, DType::bf16, DType::f32}) {
    matmul_case(runner, type, 65536, 768, 1);  // larger than any cache: the speed of memory
    matmul_case(runner, type, 1536, 768, 16);
    matmul_case(runner, type, 1536, 768, 512);
  }
}

}  // namespace diptych::kernels::bench
