#include "models/common/position_table.h"

#include <algorithm>
#include <cmath>

namespace diptych::models {
namespace {

// Places 0 … count - 1 of one axis: rows of sines, then cosines.
void fill_axis(int64_t count, int64_t base, float interpolation, Tensor& axis) {
  const int64_t half = axis.dim(1) / 2;
  const auto stretch = static_cast<float>(static_cast<double>(count) / static_cast<double>(base));
  for (int64_t i = 0; i < count; ++i) {
    const double place = static_cast<float>(i) / stretch / interpolation;  // f32, as the reference
    float* row = axis.data<float>() + i * axis.dim(1);
    for (int64_t k = 0; k < half; ++k) {
      const double angle = place * std::pow(10000.0, -static_cast<double>(k) / static_cast<double>(half));
      row[k] = static_cast<float>(std::sin(angle));
      row[half + k] = static_cast<float>(std::cos(angle));
    }
  }
}

}  // namespace

Tensor position_table(Context& ctx, int64_t lines, int64_t columns, int64_t width, int64_t base, float interpolation) {
  assert(width % 4 == 0 && lines > 0 && columns > 0);
  const double values = static_cast<double>(lines * columns * width);
  ctx.declare("position_table",
              {.flops = static_cast<double>((lines + columns) * width) * 20, .written_bytes = 4 * values});
  Tensor table = ctx.output({lines * columns, width});
  Tensor by_line = ctx.output({lines, width / 2}, DType::f32, Owner::workspace);
  Tensor by_column = ctx.output({columns, width / 2}, DType::f32, Owner::workspace);
  if (table.is_meta()) return table;
  fill_axis(lines, base, interpolation, by_line);
  fill_axis(columns, base, interpolation, by_column);
  float* out = table.data<float>();
  for (int64_t line = 0; line < lines; ++line) {
    for (int64_t column = 0; column < columns; ++column) {
      out = std::copy_n(by_column.data<float>() + column * (width / 2), width / 2, out);
      out = std::copy_n(by_line.data<float>() + line * (width / 2), width / 2, out);
    }
  }
  return table;
}

}  // namespace diptych::models
