#include "models/common/position_table.h"

#include <algorithm>
#include <cmath>

namespace diptych::models {
namespace {

// Places first, first + 1, … of an axis that has `all` of them: rows of sines, then cosines.
void fill_axis(int64_t first, int64_t all, const PositionForm& form, Tensor& axis) {
  const int64_t half = axis.dim(1) / 2;
  const auto stretch = static_cast<float>(static_cast<double>(all) / static_cast<double>(form.base));
  for (int64_t i = 0; i < axis.dim(0); ++i) {
    const double place = static_cast<float>(first + i) / stretch / form.interpolation;  // f32, as the reference
    float* row = axis.data<float>() + i * axis.dim(1);
    for (int64_t k = 0; k < half; ++k) {
      const double angle = place * std::pow(10000.0, -static_cast<double>(k) / static_cast<double>(half));
      row[k] = static_cast<float>(std::sin(angle));
      row[half + k] = static_cast<float>(std::cos(angle));
    }
  }
}

}  // namespace

Tensor position_table(Context& ctx, int64_t lines, int64_t columns, const PositionForm& form,
                      const PositionCrop& crop) {
  assert(form.width % 4 == 0 && lines > 0 && columns > 0);
  const int64_t part = form.width / 2;
  ctx.declare("position_table", {.flops = static_cast<double>((lines + columns) * form.width) * 20,
                                 .written_bytes = 4.0 * static_cast<double>(lines * columns * form.width)});
  Tensor table = ctx.output({lines * columns, form.width});
  Tensor by_line = ctx.output({lines, part}, DType::f32, Owner::workspace);
  Tensor by_column = ctx.output({columns, part}, DType::f32, Owner::workspace);
  if (table.is_meta()) return table;
  fill_axis(crop.top, crop.side > 0 ? crop.side : lines, form, by_line);
  fill_axis(crop.left, crop.side > 0 ? crop.side : columns, form, by_column);
  float* out = table.data<float>();
  for (int64_t line = 0; line < lines; ++line) {
    for (int64_t column = 0; column < columns; ++column) {
      out = std::copy_n(by_column.data<float>() + column * part, part, out);
      out = std::copy_n(by_line.data<float>() + line * part, part, out);
    }
  }
  return table;
}

}  // namespace diptych::models
