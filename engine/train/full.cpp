#include "engine/train/full.h"

#include <numeric>

#include "engine/core/error.h"
#include "engine/ops/backward/products.h"
#include "engine/ops/kernel_table.h"
#include "engine/train/adapters/kernel_order.h"
#include "engine/train/optimizers/master_values.h"

namespace diptych::train {
namespace {

void check_trainable(const std::string& name, const Weight& weight) {
  if (weight.packed && !is_quantized(weight.dtype)) return;
  throw Error(
      ErrorCategory::unsupported, "cannot train", name,
      weight.packed ? "it is stored as " + std::string(dtype_name(weight.dtype)) : "it is read while it is used",
      "train an adapter, or begin from a file in f32, f16 or bf16");
}

// The values that a matrix computes with, exactly.
void unpack(Context& ctx, const Weight& weight, Tensor target) {
  std::vector<int32_t> rows(static_cast<size_t>(weight.rows));
  std::iota(rows.begin(), rows.end(), 0);
  kernel_table(ctx).embedding(ctx.pool(), weight, rows, 1.0f, target);
}

void pack(Context& ctx, const Tensor& values, Weight& weight) {
  Tensor source = values.dtype() == weight.dtype ? values : as_f32(ctx, values);
  if (source.dtype() != weight.dtype) {
    const Tensor wide = source;
    source = ctx.output(values.shape(), weight.dtype, Owner::workspace);
    kernel_table(ctx).narrow(ctx.pool(), wide, source);
  }
  const std::byte* bytes = ctx.is_meta() ? nullptr : source.raw();
  kernel_table(ctx).pack(ctx.pool(), weight.dtype, bytes, weight.rows, weight.cols, weight.packed);
}

}  // namespace

FullTraining::FullTraining(Context& ctx, std::shared_ptr<WeightTargets> targets, DType masters)
    : targets_(std::move(targets)), masters_(masters) {
  for (const WeightTable& table : targets_->tables()) {
    add_matrix(ctx, table.name, table.weight, 0, {.shape = {table.weight.rows, table.weight.cols}});
  }
  for (const auto& target : targets_->all()) {
    if (target->is_vector()) {
      add_vector(ctx, *target);
    } else {
      const Shape plain{target->rows_of_all(), target->cols};
      const WeightEntry* entry = target->file->entry(target->name);
      const bool spatial = target->kernel && target->kernel->taps() > 1;
      add_matrix(ctx, target->name, target->weight, target->first_row,
                 {.shape = entry != nullptr && entry->dims.elements() == plain.elements() ? entry->dims : plain,
                  .kernel = spatial ? target->kernel : std::nullopt});
    }
  }
}

size_t FullTraining::parameter_of(Context& ctx, const std::string& name, const Shape& shape, const Stored& stored) {
  for (size_t i = 0; i < parameters_.size(); ++i) {
    if (parameters_[i].name == name) return i;
  }
  parameters_.push_back({.name = name,
                         .value = ctx.output(shape, masters_, Owner::weights),
                         .gradient = zeros(ctx, shape, Owner::gradients)});
  stored_.push_back(stored);
  return parameters_.size() - 1;
}

void FullTraining::add_matrix(Context& ctx, const std::string& name, const Weight& weight, int64_t first_row,
                              const Stored& stored) {
  check_trainable(name, weight);
  const size_t index = parameter_of(ctx, name, {stored.shape.elements() / weight.cols, weight.cols}, stored);
  Tensor master = parameters_[index].value.slice(0, first_row, first_row + weight.rows);
  if (masters_ == DType::f32) {
    unpack(ctx, weight, master);
  } else {
    const Tensor wide = ctx.output(master.shape(), DType::f32, Owner::workspace);
    unpack(ctx, weight, wide);
    kernel_table(ctx).narrow(ctx.pool(), wide, master);
  }
  uses_.push_back({.parameter = index, .weight = weight, .values = {}, .first_row = first_row, .rows = weight.rows});
}

void FullTraining::add_vector(Context& ctx, const WeightTarget& target) {
  const WeightEntry* entry = target.file->entry(target.name);
  const bool known = entry != nullptr && entry->dims.elements() == target.rows;
  const size_t index =
      parameter_of(ctx, target.name, {target.rows}, {.shape = known ? entry->dims : Shape{target.rows}});
  Tensor& master = parameters_[index].value;
  Tensor stored = masters_ == DType::f32 ? master : ctx.output({target.rows}, DType::f32, Owner::workspace);
  kernel_table(ctx).scale_offset(ctx.pool(), target.values, 1.0f, -target.offset, stored);
  if (masters_ != DType::f32) {
    Tensor row = master.reshape({1, target.rows});
    kernel_table(ctx).narrow(ctx.pool(), stored.reshape({1, target.rows}), row);
  }
  uses_.push_back({.parameter = index,
                   .weight = {},
                   .values = target.values,
                   .offset = target.offset,
                   .first_row = 0,
                   .rows = target.rows});
}

Tensor FullTraining::as_stored(Context& ctx, size_t index, const Tensor& given) const {
  const Stored& stored = stored_[index];
  const Tensor values = as_f32(ctx, given);
  if (!stored.kernel) return values.reshape(stored.shape);
  return diptych::train::as_stored(ctx, *stored.kernel, values).reshape(stored.shape);
}

void FullTraining::watch(Tape& tape) {
  for (const Use& use : uses_) {
    const Tensor& gradient = parameters_[use.parameter].gradient;
    tape.watch(use.weight ? use.weight.packed : use.values, gradient.slice(0, use.first_row, use.first_row + use.rows));
  }
}

void FullTraining::publish(Context& ctx) {
  for (Use& use : uses_) {
    const Tensor part = parameters_[use.parameter].value.slice(0, use.first_row, use.first_row + use.rows);
    if (use.weight) {
      pack(ctx, part, use.weight);
    } else {
      kernel_table(ctx).scale_offset(ctx.pool(), as_f32(ctx, part), 1.0f, use.offset, use.values);
    }
  }
}

}  // namespace diptych::train
