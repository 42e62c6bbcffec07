// The tensors of one layer of an adapter, with what their shapes must have in common.
#pragma once

#include <string>

#include "engine/core/context.h"
#include "engine/model/adapter_file.h"

namespace diptych {

// A tensor as a matrix: [first extent, all others].
struct Flat {
  int64_t rows = 0, cols = 0;
};

class AdapterParts {
 public:
  AdapterParts(const Adapter& adapter, const AdapterLayer& layer) : adapter_(adapter), layer_(layer) {}

  bool has(const std::string& part) const { return layer_.has(part); }

  // Error (invalid_file) where the part is missing.
  const Shape& dims(const std::string& part) const;
  Flat flat(const std::string& part) const;
  int64_t taps(const std::string& part) const;  // values of a kernel behind the first two extents

  // f32, flat.
  Tensor read(Context& ctx, const std::string& part) const;
  // A single number; read on meta, too, as it costs nothing.
  double number(const std::string& part) const;

  // Error (invalid_file) names the layer; `expect`: where two parts do not fit together.
  void expect(bool fits, const std::string& a, const std::string& b) const;
  [[noreturn]] void refuse(const std::string& why) const;

 private:
  const Adapter& adapter_;
  const AdapterLayer& layer_;
};

}  // namespace diptych
