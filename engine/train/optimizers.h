// The optimizers, one file each; make_optimizer() chooses.
#pragma once

#include "engine/train/optimizer.h"
#include "kernels/cpu/optimizer.h"

namespace diptych::train {

using MadeOptimizer = std::unique_ptr<Optimizer>;

MadeOptimizer make_adamw(Context& ctx, const OptimizerOptions& options, const Parameters& parameters);
MadeOptimizer make_adamw_8bit(Context& ctx, const OptimizerOptions& options, const Parameters& parameters);
MadeOptimizer make_adafactor(Context& ctx, const OptimizerOptions& options, const Parameters& parameters);
MadeOptimizer make_lion(Context& ctx, const OptimizerOptions& options, const Parameters& parameters);
MadeOptimizer make_prodigy(Context& ctx, const OptimizerOptions& options, const Parameters& parameters);
MadeOptimizer make_muon(Context& ctx, const OptimizerOptions& options, const Parameters& parameters);
MadeOptimizer make_sgd(Context& ctx, const OptimizerOptions& options, const Parameters& parameters);

// The weight decay of one parameter.
inline double decay_of(const OptimizerOptions& options, const Parameter& parameter) {
  return parameter.weight_decay ? options.weight_decay : 0;
}

// Step `t` (from 1) of AdamW.
kernels::cpu::AdamWStep adamw_step(const OptimizerOptions& options, const Parameter& parameter, double learning_rate,
                                   int64_t t);

}  // namespace diptych::train
