// The meta device's kernels of the way back: nothing is computed.
#include "engine/ops/gradient_kernels.h"

namespace diptych {
namespace {

// A function of any arguments that does nothing.
struct Nothing {
  template <typename... Arguments>
  using Function = void (*)(Arguments...);
  template <typename... Arguments>
  operator Function<Arguments...>() const {  // NOLINT: implicit by design
    return [](Arguments...) {};
  }
};

}  // namespace

const GradientKernels& gradient_kernels(const Context& ctx) {
  static constexpr Nothing nothing;
  static const GradientKernels meta{nothing, nothing, nothing, nothing, nothing, nothing, nothing, nothing,
                                    nothing, nothing, nothing, nothing, nothing, nothing, nothing, nothing,
                                    nothing, nothing, nothing, nothing, nothing, nothing, nothing, nothing,
                                    nothing, nothing, nothing, nothing, nothing};
  return ctx.is_meta() ? meta : cpu_gradient_kernels();
}

}  // namespace diptych
