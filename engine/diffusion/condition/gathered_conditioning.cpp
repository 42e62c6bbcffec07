#include "engine/diffusion/condition/gathered_conditioning.h"

namespace diptych::diffusion {

const Conditioning& GatheredConditioning::of(Context& ctx, const Conditioning& all, const std::vector<int32_t>& rows) {
  if (rows != rows_) {
    *this = {};  // before others are made: they need not be held together
    gathered_ = gather(ctx, all, rows);
    rows_ = rows;
  }
  return gathered_;
}

}  // namespace diptych::diffusion
