#include "models/common/denoiser_input.h"

#include <algorithm>

#include "engine/core/error.h"

namespace diptych::models {
namespace {

class DenoiserInputCheck {
 public:
  explicit DenoiserInputCheck(const DenoiserInfo& info) : info_(info) {}

  [[noreturn]] void refuse(const char* name, const std::string& why, const std::string& to_do) const {
    throw Error(ErrorCategory::invalid_argument, "cannot run " + info_.architecture, name, why, to_do);
  }

  // f32 [rows, …, width]
  void tensor(const char* name, const Tensor& tensor, int rank, int64_t rows, int64_t width) const {
    const std::string wanted =
        "f32 [" + std::to_string(rows) + (rank > 2 ? ", tokens, " : ", ") + std::to_string(width) + "]";
    if (!tensor) refuse(name, "it is missing", "give " + wanted);
    if (tensor.dtype() != DType::f32 || tensor.shape().rank() != rank || !tensor.contiguous() ||
        tensor.elements() == 0 || tensor.dim(0) != rows || tensor.dim(-1) != width) {
      refuse(name, "it is " + std::string(dtype_name(tensor.dtype())) + " " + tensor.shape().str(), "give " + wanted);
    }
  }

  template <typename T>
  void one_per_row(const char* name, const std::vector<T>& values, int64_t rows) const {
    if (static_cast<int64_t>(values.size()) != rows) {
      refuse(name, "there are " + std::to_string(values.size()) + " for " + std::to_string(rows) + " rows",
             "give one for each row");
    }
  }

  void sample(const Tensor& sample, int rank) const {
    if (!sample || sample.dtype() != DType::f32 || sample.shape().rank() != rank || !sample.contiguous() ||
        sample.elements() == 0 || sample.dim(1) != info_.in_channels) {
      refuse("sample", !sample ? "it is missing" : "its shape is " + sample.shape().str(),
             "give f32 [rows, " + std::to_string(info_.in_channels) +
                 (rank == 5 ? ", frames, height, width]" : ", height, width]"));
    }
    if (sample.dim(-1) % info_.side_multiple != 0 || sample.dim(-2) % info_.side_multiple != 0) {
      refuse("sample", "its shape is " + sample.shape().str(),
             "give a height and width that are multiples of " + std::to_string(info_.side_multiple));
    }
  }

 private:
  const DenoiserInfo& info_;
};

}  // namespace

void check_denoiser_input(const DenoiserInfo& info, const DenoiserInput& input, int sample_rank) {
  const DenoiserInputCheck check(info);
  check.sample(input.sample, sample_rank);
  const int64_t rows = input.sample.dim(0);
  check.one_per_row("timesteps", input.timesteps, rows);
  if (info.text_width > 0) check.tensor("text", input.text, 3, rows, info.text_width);
  if (info.pooled_width > 0) check.tensor("pooled", input.pooled, 2, rows, info.pooled_width);
  if (!input.text_lengths.empty()) {
    check.one_per_row("text_lengths", input.text_lengths, rows);
    for (const int64_t length : input.text_lengths) {
      if (!input.text || length < 1 || length > input.text.dim(1)) {
        check.refuse("text_lengths", std::to_string(length) + " tokens are not in the text", "count its tokens");
      }
    }
  }
  if (info.distilled_guidance) check.one_per_row("guidance", input.guidance, rows);
  if (info.classes > 0) {
    check.one_per_row("classes", input.classes, rows);
    for (const int32_t label : input.classes) {
      if (label < 0 || label > info.classes) {
        check.refuse("classes", std::to_string(label) + " is none of the model's",
                     "its classes are 0 to " + std::to_string(info.classes - 1));
      }
    }
  }
}

}  // namespace diptych::models
