// The blocks of an image transformer, of which a StepCache may leave all or all but the first out.
#pragma once

#include <utility>

#include "engine/model/step_cache.h"
#include "engine/ops/elementwise.h"

namespace diptych::models {

// `Blocks` has, for the state x that goes through them:
//   int64_t rows                                  images
//   const Tensor& image(const State& x)           its image's tokens [rows * patches, width]
//   Tensor modulated(Context&, const State& x)    what the first block's attention reads of them
//   State first(Context&, State x)                the first block
//   Tensor rest(Context&, State x)                the others, to the image's tokens behind them
// -> the image's tokens behind all blocks.
template <typename State, typename Blocks>
Tensor through_blocks(Context& ctx, StepCache* cache, State x, const Blocks& blocks) {
  if (cache == nullptr) return blocks.rest(ctx, blocks.first(ctx, std::move(x)));
  const bool of_input = cache->kind() == StepCacheKind::teacache;
  Tensor indicator, before = blocks.image(x);
  if (of_input) {
    indicator = blocks.modulated(ctx, x);
  } else {
    x = blocks.first(ctx, std::move(x));
    indicator = add(ctx, blocks.image(x), scale_offset(ctx, before, -1, 0));  // what the first block did
    before = blocks.image(x);
  }
  if (cache->reuses(indicator, blocks.rows)) return add(ctx, before, cache->kept());
  if (of_input) x = blocks.first(ctx, std::move(x));
  Tensor behind = blocks.rest(ctx, std::move(x));
  cache->keep(ctx, before, behind, indicator);
  return behind;
}

}  // namespace diptych::models
