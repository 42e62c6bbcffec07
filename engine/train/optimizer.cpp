#include "engine/train/optimizer.h"

#include <array>
#include <cmath>
#include <cstring>

#include "engine/core/error.h"
#include "engine/train/master_values.h"
#include "engine/train/optimizers.h"

namespace diptych::train {
namespace {

struct KindName {
  OptimizerKind kind;
  std::string_view name;
};
constexpr std::array kind_names{
    KindName{OptimizerKind::adamw, "adamw"},         KindName{OptimizerKind::adamw_8bit, "adamw8bit"},
    KindName{OptimizerKind::adafactor, "adafactor"}, KindName{OptimizerKind::lion, "lion"},
    KindName{OptimizerKind::prodigy, "prodigy"},     KindName{OptimizerKind::sgd, "sgd"},
    KindName{OptimizerKind::muon, "muon"},
};

void check_option(bool sensible, const char* option, double value, const char* range) {
  if (sensible) return;
  throw Error(ErrorCategory::invalid_argument, "cannot make optimizer", option,
              std::to_string(value) + " is not " + range, "choose a value within");
}

void check_options(const OptimizerOptions& options) {
  for (const auto& [name, beta] : {std::pair("beta1", options.beta1), std::pair("beta2", options.beta2)}) {
    if (beta) check_option(*beta >= 0 && *beta < 1, name, *beta, "between 0 and 1 (exclusive)");
  }
  if (options.epsilon)
    check_option(*options.epsilon > 0 && *options.epsilon < 1, "epsilon", *options.epsilon, "in (0, 1)");
  check_option(options.weight_decay >= 0 && options.weight_decay < 1e3, "weight_decay", options.weight_decay,
               "in [0, 1000)");
  if (options.momentum)
    check_option(*options.momentum >= 0 && *options.momentum < 1, "momentum", *options.momentum, "in [0, 1)");
  check_option(options.initial_distance > 0 && options.initial_distance < 1, "initial_distance",
               options.initial_distance, "in (0, 1)");
  check_option(options.distance_factor > 0 && options.distance_factor < 1e3, "distance_factor", options.distance_factor,
               "in (0, 1000)");
}

}  // namespace

std::string_view optimizer_name(OptimizerKind kind) {
  for (const auto& [one, name] : kind_names) {
    if (one == kind) return name;
  }
  return "";
}

OptimizerKind parse_optimizer(std::string_view name) {
  std::string known;
  for (const auto& [kind, one] : kind_names) {
    if (one == name) return kind;
    known += (known.empty() ? "" : ", ") + std::string(one);
  }
  throw Error(ErrorCategory::invalid_argument, "cannot choose optimizer", std::string(name),
              "there is none of this name", "choose one of " + known);
}

Optimizer::Optimizer(Context& ctx) {
  steps_ = add_state(ctx, "steps", {1}, DType::i64);
}

Tensor Optimizer::add_state(Context& ctx, const std::string& name, const Shape& shape, DType dtype) {
  Tensor tensor = ctx.output(shape, dtype, Owner::optimizer);
  if (!ctx.is_meta()) std::memset(tensor.raw(), 0, static_cast<size_t>(tensor.bytes()));
  state_.push_back({name, tensor});
  return tensor;
}

int64_t Optimizer::state_bytes() const {
  int64_t bytes = 0;
  for (const StateTensor& one : state_) bytes += one.value.bytes();
  return bytes;
}

void Optimizer::declare(Context& ctx, const char* name, const Parameters& parameters, double flops, double read,
                        double written) const {
  double values = 0;
  for (const Parameter& parameter : parameters) {
    assert(parameter.gradient && parameter.gradient.shape() == parameter.value.shape());
    assert(parameter.value.contiguous() && parameter.gradient.contiguous());
    values += static_cast<double>(parameter.value.elements());
  }
  plan_master_values(ctx, parameters);
  ctx.declare(name, {.flops = flops * values, .read_bytes = read * values, .written_bytes = written * values});
}

std::unique_ptr<Optimizer> make_optimizer(Context& ctx, const OptimizerOptions& options, const Parameters& parameters) {
  check_options(options);
  switch (options.kind) {
    case OptimizerKind::adamw:
      break;
    case OptimizerKind::adamw_8bit:
      return make_adamw_8bit(ctx, options, parameters);
    case OptimizerKind::adafactor:
      return make_adafactor(ctx, options, parameters);
    case OptimizerKind::lion:
      return make_lion(ctx, options, parameters);
    case OptimizerKind::prodigy:
      return make_prodigy(ctx, options, parameters);
    case OptimizerKind::sgd:
      return make_sgd(ctx, options, parameters);
    case OptimizerKind::muon:
      return make_muon(ctx, options, parameters);
  }
  return make_adamw(ctx, options, parameters);
}

}  // namespace diptych::train
