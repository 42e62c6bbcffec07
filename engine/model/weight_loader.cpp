#include "engine/model/weight_loader.h"

#include <algorithm>
#include <cassert>
#include <vector>

#include "engine/core/error.h"
#include "engine/model/scaled_weights.h"
#include "engine/model/weight_targets.h"
#include "engine/ops/kernel_table.h"
#include "engine/ops/pack_parts.h"
#include "kernels/common/half.h"
#include "kernels/common/quant_blocks.h"

namespace diptych {
namespace {

constexpr int64_t expanded_values = 1 << 14;  // at a time, a multiple of every type's block

bool is_small_float(DType type) {
  return type == DType::f8_e4m3 || type == DType::f8_e5m2;
}

// Kernels multiply rows of whole blocks; files of small models may have cut a matrix into rows of another length.
bool has_broken_rows(DType type, int64_t cols) {
  return is_quantized(type) && cols % dtype_info(type).block_values != 0;
}

// The pages of a weight's rows are given back: the system maps so many bytes around one that is touched.
void give_back(const WeightView& view, size_t begin, size_t end) {
  constexpr size_t around = 64 << 10;
  if (!view.file || begin == end) return;
  const size_t from = view.offset + begin, margin = std::min(from, around);
  view.file->release(from - margin, end - begin + margin + around);
}

// What packs a weight from the rows of its file, which are `cols` values long: the pages of rows that are packed are
// given back before the next ones are touched, so that a weight is not in memory twice.
template <typename Pack>
auto pack_from(const WeightView& view, int64_t first_row, int64_t cols, const Pack& pack) {
  const size_t row_bytes = dtype_bytes(view.type, cols);
  size_t last = static_cast<size_t>(first_row) * row_bytes, next = last;
  auto packed = pack([&](int64_t begin, int64_t end) {
    give_back(view, last, next);
    last = static_cast<size_t>(first_row + begin) * row_bytes;
    next = static_cast<size_t>(first_row + end) * row_bytes;
    return view.data + last;
  });
  give_back(view, last, next);
  return packed;
}

// The same for what is packed again and again, as `type`.
template <typename Pack>
auto pack_read(Context& ctx, const StoredMatrix& stored, DType type, const Pack& pack) {
  constexpr int64_t piece = int64_t{1} << 20;
  const auto row_bytes = static_cast<int64_t>(dtype_bytes(stored.type, stored.cols));
  Tensor room = ctx.output({row_bytes * rows_of_part(type, stored.rows, stored.cols)}, DType::u8, Owner::workspace);
  return pack([&](int64_t begin, int64_t end) {
    std::byte* const into = room.raw();
    ctx.pool().parallel_for((end - begin) * row_bytes, piece, [&](int64_t from, int64_t to) {
      stored.file->read(stored.offset + static_cast<size_t>(begin * row_bytes + from),
                        {into + from, static_cast<size_t>(to - from)});
    });
    return static_cast<const std::byte*>(into);
  });
}

// The matrix in the type that is asked for, from rows of the type that is stored.
Weight pack_as(Context& ctx, const std::string& name, const StoredMatrix& stored, DType type, RowSource source,
               Owner owner) {
  if (type != stored.type) {
    source = quantized_source(ctx, std::move(source), stored.type, type, stored.rows, stored.cols);
  }
  return pack_weight_in_parts(ctx, name, type, stored.rows, stored.cols, source, owner);
}

// Some rows of a weight, wherever they lie in it, packed as a matrix of their own.
Tensor packed_rows(Context& ctx, const WeightView& view, const std::string& name, int64_t first_row, int64_t cols,
                   std::span<const int32_t> rows) {
  const size_t row_bytes = dtype_bytes(view.type, cols);
  std::vector<std::byte> some;
  const auto source = [&](int64_t begin, int64_t end) {
    some.resize(static_cast<size_t>(end - begin) * row_bytes);
    for (int64_t i = begin; i < end; ++i) {
      const size_t from = static_cast<size_t>(first_row + rows[static_cast<size_t>(i)]) * row_bytes;
      std::copy_n(view.data + from, row_bytes, some.data() + static_cast<size_t>(i - begin) * row_bytes);
      give_back(view, from, from + row_bytes);
    }
    return some.data();
  };
  return pack_weight_in_parts(ctx, name, view.type, static_cast<int64_t>(rows.size()), cols, source, Owner::workspace)
      .packed;
}

// The next after `own` that will be read as a whole; behind the last one comes the first.
void read_ahead(const std::vector<StreamedBytes>& order, size_t own) {
  for (size_t i = 1; i < order.size(); ++i) {
    const StreamedBytes& next = order[(own + i) % order.size()];
    if (next.by_rows) continue;
    next.file->prefetch(next.offset, next.bytes);
    return;
  }
}

}  // namespace

WeightLoader::WeightLoader(Context& ctx, std::shared_ptr<const WeightFile> file, const LoadOptions& options)
    : ctx_(ctx), file_(std::move(file)), options_(options) {
  for (const WeightEntry& entry : file_->entries()) total_bytes_ += static_cast<double>(entry.bytes);
}

Shape WeightLoader::shape(std::string_view name) const {
  if (const WeightEntry* entry = file_->entry(name)) return entry->dims;
  return file_->require(name).dims;  // throws
}

const WeightEntry& WeightLoader::checked(const std::string& name, const Shape& expected, bool pixelwise) {
  options_.cancel.throw_if_cancelled();
  if (const WeightEntry* found = file_->entry(name); found == nullptr || !found->type) {
    file_->require(name);  // throws, in the file's words
  }
  const WeightEntry& entry = *file_->entry(name);
  const bool as_convolution = pixelwise && entry.dims == Shape{expected[0], expected[1], 1, 1};
  const bool stacked = pixelwise && entry.dims.rank() == 3 && entry.dims[0] * entry.dims[1] == expected[0] &&
                       entry.dims[2] == expected[1];
  if (entry.dims != expected && !as_convolution && !stacked) {
    throw Error(ErrorCategory::invalid_file, "cannot load model", path(),
                "the weight " + name + " is " + entry.dims.str() + ", the configuration says " + expected.str(),
                "the file is damaged or was converted wrongly: download it again");
  }
  return entry;
}

void WeightLoader::done(const WeightEntry& entry) {
  if (!used_.insert(entry.name).second) return;
  parameters_ += entry.dims.elements();
  done_bytes_ += static_cast<double>(entry.bytes);
  if (options_.progress && total_bytes_ > 0) options_.progress(done_bytes_ / total_bytes_);
}

const WeightEntry& WeightLoader::checked_matrix(const std::string& name, int64_t rows, int64_t cols) {
  const WeightEntry& entry = checked(name, {rows, cols}, true);
  if (!is_matrix_type(*entry.type) && !is_small_float(*entry.type)) {
    throw Error(ErrorCategory::unsupported, "cannot load model", path(),
                "the weight " + name + " is stored as " + std::string(entry.type_name) +
                    ", which matrices are not computed with yet",
                "choose a file of one of these types: " + matrix_type_names());
  }
  return entry;
}

std::optional<DType> WeightLoader::type_of_linear(const WeightEntry& entry, int64_t rows, int64_t cols) const {
  if (!options_.linear_type || is_quantized(*entry.type)) return std::nullopt;
  if (std::min(rows, cols) < least_quantized_side || has_broken_rows(*options_.linear_type, cols)) return std::nullopt;
  return options_.linear_type;
}

Weight WeightLoader::pack(const WeightEntry& entry, int64_t first_row, int64_t rows, int64_t cols,
                          std::optional<DType> rounded_to) {
  const DType type = rounded_to.value_or(*entry.type);
  Weight weight;
  if (is_small_float(type) || has_broken_rows(type, cols)) {
    const Tensor half = as_half(entry);
    const std::byte* source = half.is_meta() ? nullptr : half.raw() + dtype_bytes(DType::f16, cols * first_row);
    weight = pack_weight(ctx_, entry.name, DType::f16, rows, cols, source);
  } else if (streams(kernel_table(ctx_).packed_bytes(type, rows, cols))) {
    StoredMatrix stored = stored_matrix(entry, rows, cols);
    stored.offset += dtype_bytes(stored.type, first_row * cols);
    const auto read = [stored, type, name = entry.name](Context& ctx) {
      return pack_read(ctx, stored, type, [&](const RowSource& source) {
        return pack_as(ctx, name, stored, type, source, Owner::workspace).packed;
      });
    };
    const auto read_rows = [=, name = entry.name, type = *entry.type, file = file_](Context& ctx,
                                                                                    std::span<const int32_t> ids) {
      const auto count = static_cast<int64_t>(ids.size());
      if (ctx.is_meta()) return pack_weight_in_parts(ctx, name, type, count, cols, {}, Owner::workspace).packed;
      return packed_rows(ctx, file->require(name), name, first_row, cols, ids);
    };
    weight = streamed(entry, type, rows, cols, read, rounded_to ? ReadRows() : read_rows);
  } else if (const StoredMatrix stored = stored_matrix(entry, rows, cols); ctx_.is_meta()) {
    weight = pack_as(
        ctx_, entry.name, stored, type, [](int64_t, int64_t) { return nullptr; }, Owner::weights);
  } else {
    weight = pack_from(file_->require(entry.name), first_row, cols, [&](const RowSource& source) {
      return pack_as(ctx_, entry.name, stored, type, source, Owner::weights);
    });
  }
  done(entry);
  return weight;
}

StoredMatrix WeightLoader::stored_matrix(const WeightEntry& entry, int64_t rows, int64_t cols) const {
  return {ctx_.is_meta() ? nullptr : file_->files()[entry.file], entry.offset, *entry.type, rows, cols};
}

bool WeightLoader::streams(int64_t packed_bytes) {
  constexpr int64_t small = 4 << 10;  // a page: not worth a second reading
  if (!options_.stream || packed_bytes < small) return false;
  if (resident_bytes_ + packed_bytes > options_.resident_bytes) return true;
  resident_bytes_ += packed_bytes;
  return false;
}

Weight WeightLoader::streamed(const WeightEntry& entry, DType type, int64_t rows, int64_t cols, ReadMatrix read,
                              ReadRows read_rows) {
  const int64_t bytes = kernel_table(ctx_).packed_bytes(type, rows, cols);
  Weight weight{entry.name, type, rows, cols, {}, nullptr};
  if (ctx_.is_meta()) {
    weight.streamed =
        std::make_shared<const StreamedMatrix>(StreamedMatrix{std::move(read), bytes, std::move(read_rows)});
    return weight;
  }
  if (!order_) order_ = std::make_shared<std::vector<StreamedBytes>>();
  order_->push_back({file_->files()[entry.file], entry.offset, entry.bytes});
  const size_t own = order_->size() - 1;
  StreamedMatrix matrix;
  matrix.bytes = bytes;
  matrix.read = [read = std::move(read), order = order_, own](Context& ctx) {
    (*order)[own].by_rows = false;
    read_ahead(*order, own);
    return read(ctx);
  };
  if (read_rows) {
    matrix.read_rows = [read_rows = std::move(read_rows), order = order_, own](Context& ctx,
                                                                               std::span<const int32_t> ids) {
      (*order)[own].by_rows = true;
      read_ahead(*order, own);
      return read_rows(ctx, ids);
    };
  }
  weight.streamed = std::make_shared<const StreamedMatrix>(std::move(matrix));
  return weight;
}

Tensor WeightLoader::as_half(const WeightEntry& entry) {
  const std::string scale = scale_beside(entry.name, [&](const std::string& name) { return contains(name); });
  if (!scale.empty()) refuse_scaled(path(), scale);
  const int64_t values = entry.dims.elements();
  Tensor half = ctx_.output({values}, DType::f16, Owner::workspace);
  if (half.is_meta()) return half;
  const WeightView view = file_->require(entry.name);
  auto* out = reinterpret_cast<uint16_t*>(half.raw());
  ctx_.pool().parallel_for(values, expanded_values, [&](int64_t begin, int64_t end) {
    std::vector<float> some(static_cast<size_t>(expanded_values));
    for (; begin < end; begin += expanded_values) {
      const int64_t count = std::min(expanded_values, end - begin);
      dequantize_row(view.type, view.data + dtype_bytes(view.type, begin), some.data(), count);
      for (int64_t i = 0; i < count; ++i) out[begin + i] = f32_to_f16(some[static_cast<size_t>(i)]);
    }
  });
  view.release();
  return half;
}

Weight WeightLoader::matrix(const std::string& name, int64_t rows, int64_t cols) {
  Weight weight = pack(checked_matrix(name, rows, cols), 0, rows, cols);
  if (options_.targets) options_.targets->add_table({name, weight});
  return weight;
}

Weight WeightLoader::matrix(const std::string& name, int64_t rows, int64_t cols, const Shape& stored) {
  assert(stored.elements() == rows * cols);
  const WeightEntry& entry = checked(name, stored);
  if (!is_small_float(*entry.type) && (!is_matrix_type(*entry.type) || is_quantized(*entry.type))) {
    throw Error(ErrorCategory::unsupported, "cannot load model", path(),
                "the weight " + name + " " + stored.str() + " is stored as " + std::string(entry.type_name) +
                    ", in which only matrices may be",
                "choose a file that keeps it in f32, f16 or bf16");
  }
  return pack(entry, 0, rows, cols);
}

Tensor WeightLoader::values(const std::string& name, const Shape& shape, float offset) {
  const WeightEntry& entry = checked(name, shape);
  Tensor values = ctx_.output(shape, DType::f32, Owner::weights);
  if (!ctx_.is_meta()) {
    const WeightView view = file_->require(name);
    kernel_table(ctx_).widen(view.type, view.data, shape.elements(), values);
    for (float& value : values.span<float>()) value += offset;
    view.release();
  }
  done(entry);
  offer_values(name, values, offset);
  return values;
}

void WeightLoader::offer(RowBlock& block, int64_t first_row, const ConvShape* kernel) {
  if (!options_.targets) return;
  block.adapter = std::make_shared<BlockAdapter>();
  WeightTarget target{.name = block.weight.name,
                      .file = file_,
                      .first_row = first_row,
                      .rows = block.weight.rows,
                      .cols = block.weight.cols};
  if (kernel != nullptr) target.kernel = *kernel;
  target.weight = block.weight;
  target.bias = block.bias;
  target.adapter = block.adapter;
  options_.targets->add(std::move(target));
}

void WeightLoader::offer_values(const std::string& name, const Tensor& values, float offset) {
  if (!options_.targets) return;
  WeightTarget target{.name = name, .file = file_, .rows = values.elements()};
  target.values = values.reshape({values.elements()});
  target.offset = offset;
  options_.targets->add(std::move(target));
}

void WeightLoader::also_named(const std::string& name, const std::vector<std::string>& layers, const RowOrder& order) {
  if (options_.targets) options_.targets->add_name(name, layers, order);
}

Tensor WeightLoader::optional_vector(const std::string& name, int64_t n) {
  return contains(name) ? vector(name, n) : Tensor();
}

Linear WeightLoader::linear(const std::vector<Part>& parts, int64_t cols) {
  Linear layer;
  for (const Part& part : parts) {
    const int64_t all = part.rows_of_all > 0 ? part.rows_of_all : part.rows;
    const WeightEntry& entry = checked_matrix(part.name + ".weight", all, cols);
    Weight weight = pack(entry, part.first_row, part.rows, cols, type_of_linear(entry, part.rows, cols));
    Tensor bias = optional_vector(part.name + ".bias", all);
    if (bias) bias = bias.slice(0, part.first_row, part.first_row + part.rows);
    layer.blocks.push_back({std::move(weight), std::move(bias)});
    offer(layer.blocks.back(), part.first_row);
  }
  return layer;
}

Linear WeightLoader::patch_linear(const std::string& name, const Shape& stored) {
  const int64_t rows = stored[0];
  Linear layer;
  layer.blocks.push_back(
      {matrix(name + ".weight", rows, stored.elements() / rows, stored), optional_vector(name + ".bias", rows)});
  offer(layer.blocks.back(), 0);
  return layer;
}

Conv2d WeightLoader::conv2d(const std::string& name, const ConvShape& shape) {
  const WeightEntry& entry = checked(name + ".weight", {shape.out_channels, shape.in_channels / shape.groups,
                                                        shape.kernel_height, shape.kernel_width});
  const Tensor bias = optional_vector(name + ".bias", shape.out_channels);
  Conv2d conv;
  const int64_t cols = shape.taps() * shape.in_channels, stored_cols = cols / shape.groups;
  if (!is_matrix_type(*entry.type) || is_quantized(*entry.type)) {
    const Tensor half = as_half(entry);
    conv = pack_conv2d(ctx_, entry.name, DType::f16, shape, half.is_meta() ? nullptr : half.raw(), bias);
  } else if (!shape.depthwise() && streams(kernel_table(ctx_).packed_bytes(*entry.type, shape.out_channels, cols))) {
    conv.shape = shape;
    const StoredMatrix stored = stored_matrix(entry, shape.out_channels, cols);
    const auto read = [stored, shape, name = entry.name](Context& ctx) {
      return pack_read(ctx, stored, stored.type, [&](const RowSource& source) {
        return pack_conv2d_in_parts(ctx, name, stored.type, shape, source, {}, Owner::workspace)
            .matrix.blocks.front()
            .weight.packed;
      });
    };
    conv.matrix.blocks.push_back({streamed(entry, *entry.type, shape.out_channels, cols, read), bias});
  } else if (ctx_.is_meta()) {
    conv = pack_conv2d(ctx_, entry.name, *entry.type, shape, nullptr, bias);
  } else {
    const WeightView view = file_->require(entry.name);
    conv = pack_from(view, 0, stored_cols, [&](const RowSource& source) {
      return pack_conv2d_in_parts(ctx_, entry.name, view.type, shape, source, bias);
    });
  }
  if (!shape.depthwise()) offer(conv.matrix.blocks.front(), 0, &shape);
  done(entry);
  return conv;
}

void WeightLoader::also_named_below(const std::string& name, const std::string& layers) {
  if (options_.targets) options_.targets->add_names_below(name, layers);
}

Conv2d WeightLoader::conv2d_of_last_frame(const std::string& name, const ConvShape& shape, int64_t frames) {
  const int64_t kernels = shape.out_channels * shape.in_channels;
  const WeightEntry& entry = checked(
      name + ".weight", {shape.out_channels, shape.in_channels, frames, shape.kernel_height, shape.kernel_width});
  if (!is_matrix_type(*entry.type) || is_quantized(*entry.type)) {
    throw Error(ErrorCategory::unsupported, "cannot load model", path(),
                "the kernel " + entry.name + " is stored as " + std::string(entry.type_name) +
                    ", which convolutions over frames are not computed with",
                "choose a file whose convolutions are f32, f16 or bf16");
  }
  const Tensor bias = optional_vector(name + ".bias", shape.out_channels);
  const size_t frame_bytes = dtype_bytes(*entry.type, shape.taps());
  Tensor last = ctx_.output({static_cast<int64_t>(frame_bytes) * kernels}, DType::u8, Owner::workspace);
  if (!last.is_meta()) {
    const WeightView view = file_->require(entry.name);
    const size_t kernel_bytes = frame_bytes * static_cast<size_t>(frames);
    for (size_t i = 0; i < static_cast<size_t>(kernels); ++i) {
      std::copy_n(view.data + (i + 1) * kernel_bytes - frame_bytes, frame_bytes, last.raw() + i * frame_bytes);
    }
    view.release();
  }
  Conv2d conv = pack_conv2d(ctx_, entry.name, *entry.type, shape, last.is_meta() ? nullptr : last.raw(), bias);
  done(entry);
  return conv;
}

std::vector<std::string> WeightLoader::unused() const {
  std::vector<std::string> names;
  for (const WeightEntry& entry : file_->entries()) {
    if (!used_.contains(entry.name)) names.push_back(entry.name);
  }
  return names;
}

}  // namespace diptych
