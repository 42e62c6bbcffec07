#include "engine/ops/backward/products.h"
#include "engine/ops/backward/record_image.h"
#include "engine/ops/gradient_kernels.h"

namespace diptych {

void record_depthwise_conv(Context& ctx, const Tensor& x, const Conv2d& conv, const Upsampling& upsampling,
                           const Tensor& y) {
  const bool trained = ctx.tape->tracks(conv.taps);
  ctx.tape->record(
      {y}, [kept = trained ? x : Tensor(), place = Place(x), conv, upsampling, y = Place(y)](Context& c, Tape& tape) {
        const Tensor dy = tape.gradient_of(y);
        if (!dy) return;
        const GradientKernels& gradients = gradient_kernels(c);
        const auto elements = static_cast<double>(dy.elements());
        c.declare("depthwise_backward", {.flops = 2 * elements * static_cast<double>(conv.shape.taps()),
                                         .read_bytes = 8 * elements,
                                         .written_bytes = 4 * elements});
        if (Tensor dx = tape.add_to(c, place)) {
          if (upsampling.height == 0) {
            gradients.depthwise_input(c.pool(), dy, conv.taps, conv.shape, dx);
          } else {
            Tensor seen = zeros(c, {dx.dim(0), upsampling.height, upsampling.width, dx.dim(3)});
            gradients.depthwise_input(c.pool(), dy, conv.taps, conv.shape, seen);
            gradients.add_upsampled(c.pool(), seen, upsampling, dx);
          }
        }
        if (kept) {
          Tensor dtaps = tape.add_to(c, conv.taps);
          gradients.depthwise_taps(c.pool(), kept, dy, conv.shape, upsampling, dtaps);
        }
        if (Tensor dbias = tape.add_to(c, conv.tap_bias)) {
          const Tensor pixels = dy.reshape({dy.elements() / dy.dim(3), dy.dim(3)});
          gradients.add_column_sums(c.pool(), pixels, dbias);
        }
      });
}

}  // namespace diptych
