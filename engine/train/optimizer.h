// Optimizers: what a step does to parameters, and what they remember between steps.
//
// Values, gradients and learning rates are f32 and double as in PyTorch, in its order of arithmetic. All memory is
// allocated when an optimizer is made, as Owner::optimizer, so that a run on meta says what it will take.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/context.h"
#include "engine/train/optimizer_kind.h"
#include "engine/train/parameter.h"
#include "engine/train/state_tensor.h"

namespace diptych::train {

std::string_view optimizer_name(OptimizerKind kind);   // "adamw", "adamw8bit", "adafactor", …: as recipes have it
OptimizerKind parse_optimizer(std::string_view name);  // Error (invalid_argument) names what is known

struct OptimizerOptions {
  OptimizerKind kind = OptimizerKind::adamw;
  // None: the optimizer's own. AdamW, Muon (of what it leaves to AdamW) and Prodigy 0.9, 0.999, 1e-8; Lion 0.9, 0.99.
  std::optional<double> beta1 = {}, beta2 = {}, epsilon = {};
  double weight_decay = 0.01;  // decoupled but for sgd; only of parameters that ask for it

  // None: the optimizer's own. Sgd 0.9 (0 needs no memory), Muon 0.95.
  std::optional<double> momentum = {};

  // Adafactor: the rate is min(0.01, 1 / sqrt(step)), not the schedule's; and the rate is times the root mean square of
  // the parameter's values. Both together are the paper's; neither is usual for fine-tuning.
  bool relative_step = false, scale_by_parameter = false;

  // Prodigy finds the distance to the solution; the schedule's rate is a factor (1 is usual).
  double initial_distance = 1e-6;  // d0
  double distance_factor = 1;      // d_coef
  bool bias_correction = false;
  bool safeguard_warmup = false;  // a rate that warms up does not count in the distance

  uint64_t seed = 0;  // of the rounding of values that are kept in bf16 (master_values.h)
};

class Optimizer {
 public:
  virtual ~Optimizer() = default;

  // Changes the parameters' values by their gradients, which must be finite. The parameters are those that the
  // optimizer was made for, in their order. `learning_rate`: of this step; times each parameter's factor.
  virtual void step(Context& ctx, const Parameters& parameters, double learning_rate) = 0;

  // What the learning rate is multiplied by, as the optimizer found out: Prodigy's distance; else 1.
  virtual double found_factor() const { return 1; }

  // All that it remembers: "<parameter>.first_moment", …
  const std::vector<StateTensor>& state() const { return state_; }
  int64_t state_bytes() const;

 protected:
  explicit Optimizer(Context& ctx);

  Tensor add_state(Context& ctx, const std::string& name, const Shape& shape, DType dtype = DType::f32);  // zeros
  int64_t steps() const { return steps_.is_meta() ? 0 : *steps_.data<int64_t>(); }                        // so far
  int64_t next_step() { return steps_.is_meta() ? 1 : ++*steps_.data<int64_t>(); }  // 1, 2, …; 1 on meta
  void declare(Context& ctx, const char* name, const Parameters& parameters, double flops, double read,
               double written) const;  // each per value

 private:
  std::vector<StateTensor> state_;
  Tensor steps_;  // i64 [1]
};

// Error (invalid_argument): an option that makes no sense; (out_of_memory).
std::unique_ptr<Optimizer> make_optimizer(Context& ctx, const OptimizerOptions& options, const Parameters& parameters);

}  // namespace diptych::train
