#include "engine/diffusion/finite_guard.h"

#include <algorithm>
#include <cmath>

#include "engine/core/error.h"

namespace diptych::diffusion {
namespace {

// The context's arithmetic, set back also where an op throws.
class InF32 {
 public:
  explicit InF32(Context& ctx) : ctx_(ctx), before_(ctx.arithmetic) { ctx.arithmetic = Arithmetic::f32; }
  ~InF32() { ctx_.arithmetic = before_; }
  InF32(const InF32&) = delete;
  InF32& operator=(const InF32&) = delete;

 private:
  Context& ctx_;
  Arithmetic before_;
};

}  // namespace

bool all_finite(const Tensor& x) {
  if (!x || x.is_meta()) return true;
  return std::ranges::all_of(x.span<float>(), [](float value) { return std::isfinite(value); });
}

void guarded(Context& ctx, const std::string& part, const std::function<void()>& work,
             const std::function<bool()>& finite, bool& redone) {
  work();
  if (finite()) return;
  redone = true;
  {
    const InF32 in_f32(ctx);
    work();
  }
  if (finite()) return;
  throw Error(ErrorCategory::invalid_file, "cannot make images", part,
              "its result holds values that are no numbers, in f32 too",
              "the weights are damaged or do not belong to this model: download them again, or choose another "
              "autoencoder with --vae");
}

}  // namespace diptych::diffusion
