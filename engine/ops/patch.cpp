#include "engine/ops/patch.h"

#include "engine/ops/backward/record_image.h"
#include "engine/ops/kernel_table.h"

namespace diptych {
namespace {

// [rows * patches, values of a patch]
Shape token_shape(const Shape& image, const PatchForm& form) {
  assert((image.rank() == 4 || image.rank() == 5) && image[-1] % form.side == 0 && image[-2] % form.side == 0);
  assert(image.rank() == 5 ? image[2] % form.frames == 0 : form.frames == 1);
  const int64_t values = image[1] * form.frames * form.side * form.side;
  return {image.elements() / values, values};
}

bool declare(Context& ctx, const char* op, const Tensor& x) {
  const double bytes = 4.0 * static_cast<double>(x.elements());
  return ctx.declare_differentiable(op, {.read_bytes = bytes, .written_bytes = bytes}, {&x});
}

}  // namespace

Tensor patchify(Context& ctx, const Tensor& image, const PatchForm& form) {
  assert(image.dtype() == DType::f32 && image.contiguous());
  const bool recorded = declare(ctx, "patchify", image);
  Tensor tokens = ctx.output(token_shape(image.shape(), form));
  kernel_table(ctx).patchify(ctx.pool(), image, form, tokens);
  if (recorded) record_patchify(ctx, image, form, tokens);
  return tokens;
}

Tensor unpatchify(Context& ctx, const Tensor& tokens, const Shape& image, const PatchForm& form) {
  assert(tokens.dtype() == DType::f32 && tokens.contiguous() && tokens.shape() == token_shape(image, form));
  const bool recorded = declare(ctx, "unpatchify", tokens);
  Tensor y = ctx.output(image);
  kernel_table(ctx).unpatchify(ctx.pool(), tokens, form, y);
  if (recorded) record_unpatchify(ctx, tokens, form, y);
  return y;
}

}  // namespace diptych
