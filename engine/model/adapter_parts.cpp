#include "engine/model/adapter_parts.h"

#include <cmath>

#include "engine/core/error.h"
#include "engine/ops/kernel_table.h"

namespace diptych {

void AdapterParts::refuse(const std::string& why) const {
  throw Error(ErrorCategory::invalid_file, "cannot read adapter", adapter_.path.string(), layer_.key + " " + why,
              "the file is damaged or incomplete: download it again");
}

const Shape& AdapterParts::dims(const std::string& part) const {
  if (!has(part)) refuse("lacks its tensor " + part);
  return adapter_.dims(layer_, part);
}

Flat AdapterParts::flat(const std::string& part) const {
  const Shape& shape = dims(part);
  const int64_t rows = shape.rank() == 0 ? 1 : shape[0];
  return {rows, shape.elements() / rows};
}

int64_t AdapterParts::taps(const std::string& part) const {
  const Shape& shape = dims(part);
  if (shape.rank() < 2) refuse("has a " + part + " of shape " + shape.str());
  return shape.elements() / (shape[0] * shape[1]);
}

void AdapterParts::expect(bool fits, const std::string& a, const std::string& b) const {
  if (fits) return;
  refuse("has " + a + " " + dims(a).str() + " and " + b + " " + dims(b).str() + ", which do not belong together");
}

Tensor AdapterParts::read(Context& ctx, const std::string& part) const {
  const Flat shape = flat(part);
  Tensor values = ctx.output({shape.rows, shape.cols}, DType::f32, Owner::workspace);
  if (!ctx.is_meta()) {
    const WeightView view = adapter_.file->require(layer_.parts.find(part)->second);
    kernel_table(ctx).widen(view.type, view.data, values.elements(), values);
  }
  return values;
}

double AdapterParts::number(const std::string& part) const {
  if (dims(part).elements() != 1) refuse("has more than one " + part);
  Context ctx(cpu_device, 1);
  const double value = read(ctx, part).data<float>()[0];
  if (!std::isfinite(value)) refuse("has a " + part + " that is no number");
  return value;
}

}  // namespace diptych
