#include "models/common/denoiser_input.h"

#include <algorithm>

#include "engine/core/error.h"

namespace diptych::models {
namespace {

[[noreturn]] void refuse_shape(const DenoiserInfo& info, const std::string& what, const std::string& is,
                               const std::string& to_do) {
  throw Error(ErrorCategory::invalid_argument, "cannot denoise with " + info.architecture, what, "it is " + is, to_do);
}

void check_tensor(const DenoiserInfo& info, const std::string& what, const Tensor& tensor, const Shape& expected) {
  if (!tensor) refuse_shape(info, what, "missing", "give " + expected.str());
  if (tensor.dtype() != DType::f32 || tensor.shape() != expected || !tensor.contiguous()) {
    refuse_shape(info, what, std::string(dtype_name(tensor.dtype())) + " " + tensor.shape().str(),
                 "give f32 " + expected.str());
  }
}

void check_count(const DenoiserInfo& info, const std::string& what, size_t count, int64_t rows) {
  if (static_cast<int64_t>(count) != rows) {
    refuse_shape(info, what, std::to_string(count) + " values",
                 "give one for each of " + std::to_string(rows) + " rows");
  }
}

void check_text(const DenoiserInfo& info, const DenoiserInput& input, int64_t rows) {
  if (!input.text || input.text.shape().rank() != 3 || input.text.dim(1) == 0) {
    refuse_shape(info, "the text", input.text ? input.text.shape().str() : "missing",
                 "give [rows, tokens, " + std::to_string(info.text_width) + "]");
  }
  const int64_t tokens = input.text.dim(1);
  check_tensor(info, "the text", input.text, {rows, tokens, info.text_width});
  if (input.text_lengths.empty()) return;
  check_count(info, "the text's lengths", input.text_lengths.size(), rows);
  for (const int64_t length : input.text_lengths) {
    if (length < 1 || length > tokens) {
      refuse_shape(info, "a text's length", std::to_string(length), "give 1 to " + std::to_string(tokens));
    }
  }
}

}  // namespace

void check_denoiser_input(const DenoiserInfo& info, const DenoiserInput& input, int sample_rank) {
  const std::string sample_shape = "[rows, " + std::to_string(info.in_channels) + (sample_rank == 5 ? ", frames" : "") +
                                   ", height, width], sides multiples of " + std::to_string(info.side_multiple);
  const Tensor& sample = input.sample;
  if (!sample) refuse_shape(info, "the sample", "missing", "give " + sample_shape);
  if (sample.dtype() != DType::f32 || !sample.contiguous() || sample.shape().rank() != sample_rank ||
      sample.elements() == 0 || sample.dim(1) != info.in_channels || sample.dim(-1) % info.side_multiple != 0 ||
      sample.dim(-2) % info.side_multiple != 0) {
    refuse_shape(info, "the sample", std::string(dtype_name(sample.dtype())) + " " + sample.shape().str(),
                 "give f32 " + sample_shape);
  }
  const int64_t rows = sample.dim(0);
  check_count(info, "the timesteps", input.timesteps.size(), rows);
  if (info.text_width > 0) check_text(info, input, rows);
  if (info.pooled_width > 0) check_tensor(info, "the pooled text", input.pooled, {rows, info.pooled_width});
  if (info.distilled_guidance) check_count(info, "the guidance", input.guidance.size(), rows);
  if (info.classes > 0) {
    check_count(info, "the classes", input.classes.size(), rows);
    for (const int32_t label : input.classes) {
      if (label < 0 || label > info.classes) {
        refuse_shape(info, "a class", std::to_string(label), "give 0 to " + std::to_string(info.classes));
      }
    }
  }
}

}  // namespace diptych::models
