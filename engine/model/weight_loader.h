// Brings named weights from a file to a context's device: checks types and shapes, packs matrices, gives the file's
// pages back, reports progress. On meta only the file's headers are read.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "engine/io/formats/weights.h"
#include "engine/model/registry.h"
#include "engine/model/row_order.h"
#include "engine/ops/conv.h"
#include "engine/ops/linear.h"

namespace diptych {

// Streamed weights in the order in which they were asked for, which is nearly that of their use: who reads one has the
// system read the next ahead.
struct StreamedBytes {
  std::shared_ptr<const MappedFile> file;
  uint64_t offset = 0, bytes = 0;
  bool by_rows = false;  // it is a table of which some rows are looked up: not worth reading ahead
};
using StreamOrder = std::shared_ptr<std::vector<StreamedBytes>>;

// A weight as it lies in a file.
struct StoredMatrix {
  std::shared_ptr<const MappedFile> file;  // null on meta
  uint64_t offset = 0;
  DType type = DType::f32;
  int64_t rows = 0, cols = 0;  // of what is read
};

class WeightLoader {
 public:
  WeightLoader(Context& ctx, std::shared_ptr<const WeightFile> file, const LoadOptions& options);

  bool contains(std::string_view name) const { return file_->contains(name); }
  // Extents as the file gives them. Error (invalid_file) where the weight is missing.
  Shape shape(std::string_view name) const;

  // [rows, cols], packed; the file may say [rows, cols, 1, 1], a convolution of single pixels, or [n, rows / n, cols],
  // a stack. Error: invalid_file (missing, another shape), unsupported (a type that no kernel multiplies).
  Weight matrix(const std::string& name, int64_t rows, int64_t cols);
  // A matrix that the file stores with other extents, its values in the same order: the weight of a patch convolution
  // [rows, channels, side, side], a table with a leading 1. Error as above; unsupported where it is quantized.
  Weight matrix(const std::string& name, int64_t rows, int64_t cols, const Shape& stored);
  // [n] as f32, `offset` added to every value (norms that are stored less one).
  Tensor vector(const std::string& name, int64_t n, float offset = 0.0f) { return values(name, {n}, offset); }
  // A small table of any shape as f32.
  Tensor values(const std::string& name, const Shape& shape, float offset = 0.0f);
  // The vector, or an empty tensor where the file has none.
  Tensor optional_vector(const std::string& name, int64_t n);

  struct Part {
    std::string name;  // without ".weight" and ".bias"
    int64_t rows = 0;
    int64_t first_row = 0;    // a part of the file's weight: rows [first_row, first_row + rows) …
    int64_t rows_of_all = 0;  // … of this many; 0: the whole
  };
  // One row block per part, each with its bias where the file has one.
  Linear linear(const std::vector<Part>& parts, int64_t cols);

  // A convolution over patches that do not overlap, `stored` [rows, channels, …]: a linear layer of each patch's
  // values.
  Linear patch_linear(const std::string& name, const Shape& stored);
  // `name` without ".weight" and ".bias", which the file need not have. Error as matrix(). Kernels
  // in blocks or 8-bit floats are expanded to f16.
  Conv2d conv2d(const std::string& name, const ConvShape& shape);
  // Of a causal convolution over `frames` of video, what the last frame is multiplied by: all that a single image,
  // which has nothing before it, meets. Stored [out_channels, in_channels, frames, kernel_height, kernel_width].
  Conv2d conv2d_of_last_frame(const std::string& name, const ConvShape& shape, int64_t frames);

  // Another name that layers go by in adapters: see WeightTargets::add_name.
  void also_named(const std::string& name, const std::vector<std::string>& layers, const RowOrder& order = {});
  void also_named_below(const std::string& name, const std::string& layers);

  int64_t parameters() const { return parameters_; }  // values loaded so far
  std::vector<std::string> unused() const;            // names in the file that were never asked for
  Context& context() const { return ctx_; }
  const LoadOptions& options() const { return options_; }
  const std::string& path() const { return file_->path(); }

 private:
  const WeightEntry& checked_matrix(const std::string& name, int64_t rows, int64_t cols);
  // In the file's type, or rounded to another one.
  Weight pack(const WeightEntry& entry, int64_t first_row, int64_t rows, int64_t cols,
              std::optional<DType> rounded_to = {});
  std::optional<DType> type_of_linear(const WeightEntry& entry, int64_t rows, int64_t cols) const;
  StoredMatrix stored_matrix(const WeightEntry& entry, int64_t rows, int64_t cols) const;
  // Where options say so: the weight without its matrix, which `read` will bring.
  bool streams(int64_t packed_bytes);
  using ReadMatrix = std::function<Tensor(Context&)>;
  using ReadRows = std::function<Tensor(Context&, std::span<const int32_t>)>;
  Weight streamed(const WeightEntry& entry, DType type, int64_t rows, int64_t cols, ReadMatrix read,
                  ReadRows read_rows = {});
  // The whole weight in f16: where its type has no kernel for what it is (8-bit floats, which f16 holds exactly; blocks
  // that reach over the ends of rows; convolutions in blocks).
  Tensor as_half(const WeightEntry& entry);
  // `pixelwise`: a matrix may also be stored as a convolution, [rows, cols, 1, 1], or as a stack of several.
  const WeightEntry& checked(const std::string& name, const Shape& expected, bool pixelwise = false);
  void done(const WeightEntry& entry);
  // Notes what adapters may change.
  void offer(RowBlock& block, int64_t first_row, const ConvShape* kernel = nullptr);
  void offer_values(const std::string& name, const Tensor& values, float offset);

  Context& ctx_;
  std::shared_ptr<const WeightFile> file_;
  const LoadOptions& options_;
  std::unordered_set<std::string> used_;
  double total_bytes_ = 0, done_bytes_ = 0;
  int64_t parameters_ = 0;
  int64_t resident_bytes_ = 0;  // of matrices that were packed although others are streamed
  StreamOrder order_;
};

}  // namespace diptych
