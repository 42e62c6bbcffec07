#include "engine/train/image/image_question.h"

#include <algorithm>
#include <cassert>
#include <vector>

namespace diptych::train {
namespace {

// [1, tokens, width] each -> [n, most tokens, width]
Tensor stacked_texts(Context& ctx, std::span<const diffusion::Conditioning> rows) {
  int64_t tokens = 0;
  for (const diffusion::Conditioning& row : rows) tokens = std::max(tokens, row.text.dim(1));
  const int64_t width = rows.front().text.dim(2);
  Tensor all = ctx.output({std::ssize(rows), tokens, width});
  if (ctx.is_meta()) return all;
  float* out = all.data<float>();
  for (const diffusion::Conditioning& row : rows) {
    assert(row.text.contiguous() && row.text.dim(2) == width);
    out = std::ranges::copy(row.text.span<float>(), out).out;
    out = std::fill_n(out, (tokens - row.text.dim(1)) * width, 0.0f);
  }
  return all;
}

// Height and width as they were, the cut's corner, height and width as they are; or, of PixArt alpha, height, width and
// their ratio.
Tensor sizes_of(Context& ctx, const diffusion::ImageModel& model, std::span<const Placement> placements) {
  const bool is_pixart = model.family == diffusion::ImageFamily::pixart;
  Tensor sizes = ctx.output({std::ssize(placements), is_pixart ? 3 : 6});
  if (ctx.is_meta()) return sizes;
  float* out = sizes.data<float>();
  for (const Placement& one : placements) {
    const auto height = static_cast<float>(one.bucket.height), width = static_cast<float>(one.bucket.width);
    if (is_pixart) {
      for (const float value : {height, width, height / width}) *out++ = value;
      continue;
    }
    for (const int64_t value :
         {one.original.height, one.original.width, one.crop_top, one.crop_left, one.bucket.height, one.bucket.width}) {
      *out++ = static_cast<float>(value);
    }
  }
  return sizes;
}

}  // namespace

Tensor stacked(Context& ctx, std::span<const Tensor> rows) {
  if (rows.size() == 1) return rows.front();
  Tensor all = ctx.output(rows.front().shape().with(0, std::ssize(rows)));
  float* out = ctx.is_meta() ? nullptr : all.data<float>();
  for (const Tensor& row : rows) {
    assert(row.shape() == rows.front().shape() && row.contiguous() && row.dim(0) == 1);
    if (out != nullptr) out = std::ranges::copy(row.span<float>(), out).out;
  }
  return all;
}

diffusion::Conditioning stacked(Context& ctx, std::span<const diffusion::Conditioning> rows) {
  diffusion::Conditioning all;
  if (rows.front().text) all.text = stacked_texts(ctx, rows);
  std::vector<Tensor> pooled;
  for (const diffusion::Conditioning& row : rows) {
    if (row.pooled) pooled.push_back(row.pooled);
    all.text_lengths.insert(all.text_lengths.end(), row.text_lengths.begin(), row.text_lengths.end());
    all.classes.insert(all.classes.end(), row.classes.begin(), row.classes.end());
  }
  if (!pooled.empty()) all.pooled = stacked(ctx, pooled);
  return all;
}

DenoiserInput denoiser_input(Context& ctx, const diffusion::ImageModel& model, const diffusion::Conditioning& texts,
                             std::span<const Placement> placements) {
  const DenoiserInfo& info = model.denoiser->info();
  DenoiserInput input;
  input.text = texts.text;
  input.text_lengths = texts.text_lengths;
  input.pooled = texts.pooled;
  input.classes = texts.classes;
  if (info.size_conditioned) input.time_ids = sizes_of(ctx, model, placements);
  if (info.distilled_guidance) input.guidance.assign(placements.size(), 1.0f);
  return input;
}

}  // namespace diptych::train
