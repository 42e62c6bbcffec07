// What a denoiser leaves out in a step because the last ones came to nearly the same: faster, and not the same image.
//
//   first_block  where the first block changes the tokens much as it did when all blocks were last computed, the others
//                are taken to do so too (the first-block cache of ParaAttention, Cheng 2024)
//   teacache     where the first block's modulated input has hardly moved since, summed up over steps (Liu et al. 2024,
//                without its polynomials, which are fitted to one model each)
//   deepcache    a UNet's lower levels are computed in every n-th step only (Ma et al. 2023)
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/core/context.h"

namespace diptych {

enum class StepCacheKind { first_block, teacache, deepcache };

struct StepCacheOptions {
  StepCacheKind kind = StepCacheKind::first_block;
  double threshold = 0.1;  // relative change, of the first two
  int interval = 3;        // of deepcache
};

// "first-block[:threshold]", "teacache[:threshold]", "deepcache[:interval]". Error (invalid_argument).
StepCacheOptions parse_step_cache(std::string_view text);
std::string step_cache_text(const StepCacheOptions& options);  // the same way

// Of one run and one condition; the steps of a run ask it in their order.
class StepCache {
 public:
  explicit StepCache(const StepCacheOptions& options) : options_(options) {}

  StepCacheKind kind() const { return options_.kind; }
  int reused() const { return reused_; }  // steps that left something out

  // Transformers: whether what the blocks did last may be done again. `indicator` [rows * n, width] is compared with
  // the last one; the row that differs most decides. On meta no: that is what needs most memory.
  bool reuses(const Tensor& indicator, int64_t rows);
  // What the blocks did: the image's tokens before and behind them. `indicator` as given to reuses().
  void keep(Context& ctx, const Tensor& before, const Tensor& behind, const Tensor& indicator);

  // UNets: whether this step takes what the lower levels made last.
  bool reuses_levels(const Shape& input);
  void keep_levels(const Tensor& x, const Shape& input);

  const Tensor& kept() const { return kept_; }

 private:
  StepCacheOptions options_;
  Tensor kept_;       // the blocks' change, or what lower levels made
  Tensor indicator_;  // of the last computed step; of teacache, of the last step
  Shape input_;
  double moved_ = 0;  // teacache: since the last computed step
  int since_ = 0, reused_ = 0;
};

}  // namespace diptych
