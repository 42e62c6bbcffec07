#include <algorithm>
#include <cassert>
#include <cstring>
#include <vector>

#include "kernels/common/half.h"
#include "kernels/common/quant_blocks.h"
#include "kernels/cpu/dequantize.h"
#include "kernels/cpu/matmul.h"
#include "kernels/cpu/packed_layout.h"

namespace diptych::kernels::cpu {
namespace {

// One lane of the quants of 32 columns.
void put_levels(int bits, const uint8_t* level, uint8_t* quants, int64_t lane) {
  for (int g = 0; g < 8; ++g) {
    for (int j = 0; j < 4; ++j) {
      const uint8_t value = level[4 * g + j];
      uint8_t* byte = quants + 4 * lane + j;
      if (bits == 8) {
        byte[64 * g] = value;
        continue;
      }
      uint8_t& nibbles = byte[64 * (g % 4)];
      nibbles = static_cast<uint8_t>(g < 4 ? value & 15 : nibbles | value << 4);
      uint8_t& upper = byte[bits == 5 ? 256 : 256 + 64 * (g / 4)];
      if (bits == 5) upper = static_cast<uint8_t>((g == 0 ? 0 : upper) | (value >> 4) << g);
      if (bits == 6) upper = static_cast<uint8_t>((g % 4 == 0 ? 0 : upper) | (value >> 4) << 2 * (g % 4));
    }
  }
}

void get_levels(int bits, const uint8_t* quants, int64_t lane, uint8_t* level) {
  for (int g = 0; g < 8; ++g) {
    for (int j = 0; j < 4; ++j) {
      const uint8_t* byte = quants + 4 * lane + j;
      int value = bits == 8 ? byte[64 * g] : byte[64 * (g % 4)] >> (g < 4 ? 0 : 4) & 15;
      if (bits == 5) value |= (byte[256] >> g & 1) << 4;
      if (bits == 6) value |= (byte[256 + 64 * (g / 4)] >> 2 * (g % 4) & 3) << 4;
      level[4 * g + j] = static_cast<uint8_t>(value);
    }
  }
}

void put_block(const PackedFormat& format, const BlockLevels& block, uint8_t* record, int64_t lane) {
  std::memcpy(record + 2 * lane, &block.d_bits, 2);
  if (format.header_bytes == 64) std::memcpy(record + 32 + 2 * lane, &block.m_bits, 2);
  for (int i = 0; i < format.block_values / 32; ++i) {
    uint8_t* group = record + format.header_bytes + i * format.group_bytes();
    if (format.scale_bytes != 0) {
      const bool halves = block.group_values == 16;
      group[lane] = static_cast<uint8_t>(block.scale[halves ? 2 * i : i]);
      group[16 + lane] = halves ? static_cast<uint8_t>(block.scale[2 * i + 1]) : block.min[i];
    }
    put_levels(format.bits, block.level + 32 * i, group + format.scale_bytes, lane);
  }
}

void get_block(const PackedFormat& format, const uint8_t* record, int64_t lane, float* out) {
  uint16_t d_bits, m_bits = 0;
  std::memcpy(&d_bits, record + 2 * lane, 2);
  if (format.header_bytes == 64) std::memcpy(&m_bits, record + 32 + 2 * lane, 2);
  const float d = f16_to_f32(d_bits), m = f16_to_f32(m_bits);
  uint8_t level[32];
  for (int i = 0; i < format.block_values / 32; ++i, out += 32) {
    const uint8_t* group = record + format.header_bytes + i * format.group_bytes();
    get_levels(format.bits, group + format.scale_bytes, lane, level);
    float scale[2] = {1, 1}, low = m;
    if (format.scale_bytes != 0 && format.minimum) {
      scale[0] = scale[1] = static_cast<float>(group[lane]);
      low = -m * static_cast<float>(group[16 + lane]);
    } else if (format.scale_bytes != 0) {
      scale[0] = static_cast<float>(static_cast<int8_t>(group[lane]));
      scale[1] = static_cast<float>(static_cast<int8_t>(group[16 + lane]));
    }
    for (int j = 0; j < 32; ++j) out[j] = d * scale[j / 16] * static_cast<float>(level[j] - format.offset) + low;
  }
}

// Packing 8-bit blocks, the bulk of an output layer, moves four bytes at a time.
void put_q8_0(const std::byte* source, uint8_t* record, int64_t lane) {
  std::memcpy(record + 2 * lane, source, 2);
  for (int g = 0; g < 8; ++g) {
    uint32_t four;
    std::memcpy(&four, source + 2 + 4 * g, 4);
    four ^= 0x80808080u;
    std::memcpy(record + 32 + 64 * g + 4 * lane, &four, 4);
  }
}

void pack_blocks(DType type, const std::byte* row, int64_t cols, uint8_t* packed, int64_t lane) {
  const PackedFormat format = packed_format(type);
  const auto block_bytes = dtype_bytes(type, format.block_values);
  BlockLevels levels;
  for (int64_t b = 0; b < cols / format.block_values; ++b, row += block_bytes, packed += format.record_bytes()) {
    if (type == DType::q8_0) {
      put_q8_0(row, packed, lane);
    } else {
      read_levels(type, row, levels);
      put_block(format, levels, packed, lane);
    }
  }
}

// Rows [lane, end_lane) of a tile, some columns at a time: what is written stays in the cache until every row has put
// its value in.
template <typename T>
void pack_plain(const std::byte* rows, size_t row_bytes, int64_t cols, int64_t lane, int64_t end_lane,
                std::byte* packed) {
  constexpr int64_t some = 16;
  for (int64_t begin = 0; begin < cols; begin += some) {
    const int64_t end = std::min(begin + some, cols);
    const std::byte* row = rows;
    for (int64_t to = lane; to < end_lane; ++to, row += row_bytes) {
      for (int64_t c = begin; c < end; ++c) {
        std::memcpy(packed + static_cast<size_t>(c * tile + to) * sizeof(T), row + static_cast<size_t>(c) * sizeof(T),
                    sizeof(T));
      }
    }
  }
}

}  // namespace

int64_t tile_rows() {
  return tile;
}

size_t packed_tile_bytes(DType type, int64_t cols) {
  if (!is_quantized(type)) return dtype_bytes(type, cols * tile);
  const PackedFormat format = packed_format(type);
  return static_cast<size_t>(cols / format.block_values) * static_cast<size_t>(format.record_bytes());
}

size_t packed_bytes(DType type, int64_t rows, int64_t cols) {
  assert(cols % dtype_info(type).block_values == 0);
  return static_cast<size_t>((rows + tile - 1) / tile) * packed_tile_bytes(type, cols);
}

void pack_rows(DType type, const std::byte* source, int64_t rows, int64_t cols, int64_t begin, int64_t end,
               std::byte* packed) {
  const size_t row_bytes = dtype_bytes(type, cols), tile_bytes = packed_tile_bytes(type, cols);
  if (end == rows && rows % tile != 0) {
    std::memset(packed + static_cast<size_t>(rows / tile) * tile_bytes, 0, tile_bytes);
  }
  for (int64_t r = begin; r < end;) {
    const int64_t lane = r % tile, count = std::min(tile - lane, end - r);
    const std::byte* rows_of_tile = source + static_cast<size_t>(r) * row_bytes;
    std::byte* target = packed + static_cast<size_t>(r / tile) * tile_bytes;
    if (is_quantized(type)) {
      for (int64_t i = 0; i < count; ++i) {
        const std::byte* row = rows_of_tile + static_cast<size_t>(i) * row_bytes;
        pack_blocks(type, row, cols, reinterpret_cast<uint8_t*>(target), lane + i);
      }
    } else if (type == DType::f32) {
      pack_plain<float>(rows_of_tile, row_bytes, cols, lane, lane + count, target);
    } else {
      pack_plain<uint16_t>(rows_of_tile, row_bytes, cols, lane, lane + count, target);
    }
    r += count;
  }
}

void gather_packed_rows(DType type, const std::byte* packed, int64_t, int64_t cols, const int32_t* ids, int64_t begin,
                        int64_t end, float* out, int64_t out_stride) {
  const size_t tile_bytes = packed_tile_bytes(type, cols);
  std::vector<std::byte> plain;  // one row of a type without blocks
  for (int64_t i = begin; i < end; ++i) {
    const std::byte* source = packed + static_cast<size_t>(ids[i] / tile) * tile_bytes;
    const int64_t lane = ids[i] % tile;
    float* row = out + i * out_stride;
    if (is_quantized(type)) {
      const PackedFormat format = packed_format(type);
      const auto* record = reinterpret_cast<const uint8_t*>(source);
      for (int64_t c = 0; c < cols; c += format.block_values, record += format.record_bytes()) {
        get_block(format, record, lane, row + c);
      }
    } else {
      const size_t bytes = dtype_bytes(type, 1);
      plain.resize(static_cast<size_t>(cols) * bytes);
      for (size_t c = 0; c < static_cast<size_t>(cols); ++c) {
        std::memcpy(&plain[c * bytes], source + (c * tile + static_cast<size_t>(lane)) * bytes, bytes);
      }
      dequantize(type, plain.data(), cols, row);
    }
  }
}

}  // namespace diptych::kernels::cpu
