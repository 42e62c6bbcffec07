#include "kernels/common/dtype.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cctype>

namespace diptych {
namespace {

constexpr std::array<DTypeInfo, 25> table{{
    {"f32", 1, 4},      {"f16", 1, 2},      {"bf16", 1, 2},     {"f64", 1, 8},        {"i8", 1, 1},
    {"u8", 1, 1},       {"i16", 1, 2},      {"i32", 1, 4},      {"i64", 1, 8},        {"bool", 1, 1},
    {"f8_e4m3", 1, 1},  {"f8_e5m2", 1, 1},  {"q4_0", 32, 18},   {"q4_1", 32, 20},     {"q5_0", 32, 22},
    {"q5_1", 32, 24},   {"q8_0", 32, 34},   {"q2_k", 256, 84},  {"q3_k", 256, 110},   {"q4_k", 256, 144},
    {"q5_k", 256, 176}, {"q6_k", 256, 210}, {"iq4_nl", 32, 18}, {"iq4_xs", 256, 136}, {"mxfp4", 32, 17},
}};

}  // namespace

const DTypeInfo& dtype_info(DType type) {
  return table[static_cast<size_t>(type)];
}

std::optional<DType> parse_dtype(std::string_view name) {
  const auto same = [&](const DTypeInfo& info) {
    return std::ranges::equal(info.name, name,
                              [](char a, char b) { return a == std::tolower(static_cast<unsigned char>(b)); });
  };
  const auto found = std::ranges::find_if(table, same);
  if (found == table.end()) return std::nullopt;
  return static_cast<DType>(found - table.begin());
}

size_t dtype_bytes(DType type, int64_t values) {
  const DTypeInfo& info = dtype_info(type);
  assert(values >= 0 && values % info.block_values == 0);
  return static_cast<size_t>(values / info.block_values) * static_cast<size_t>(info.block_bytes);
}

}  // namespace diptych
