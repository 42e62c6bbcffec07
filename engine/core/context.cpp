#include "engine/core/context.h"

#include <algorithm>
#include <string>
#include <utility>

#include "engine/core/error.h"
#include "engine/core/tape.h"

namespace diptych {

Context::Context(Device device, int threads, int64_t memory_limit_bytes)
    : Context(std::make_shared<Arena>(device, memory_limit_bytes), std::make_shared<ThreadPool>(threads)) {}

Context::Context(std::shared_ptr<Arena> arena, std::shared_ptr<ThreadPool> pool)
    : arena_(std::move(arena)), pool_(std::move(pool)) {}

Tensor Context::output(const Shape& shape, DType dtype, Owner owner) {
  const auto bytes = static_cast<int64_t>(dtype_bytes(dtype, shape.elements()));
  return {std::make_shared<Storage>(arena_, bytes, owner), dtype, shape};
}

void Context::declare(std::string_view op, const Cost& cost, std::initializer_list<const Tensor*> inputs) {
  if (declare_differentiable(op, cost, inputs)) {
    throw Error(ErrorCategory::unsupported, "cannot train through op", std::string(op), "it has no backward",
                "freeze the part of the model that uses it");
  }
}

bool Context::declare_differentiable(std::string_view op, const Cost& cost,
                                     std::initializer_list<const Tensor*> inputs) {
  cancel.throw_if_cancelled();
  cost_ += cost;
  if (tracer != nullptr) tracer->op(op, cost);
  return tape != nullptr &&
         std::ranges::any_of(inputs, [this](const Tensor* input) { return *input && tape->tracks(*input); });
}

}  // namespace diptych
