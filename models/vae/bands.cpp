#include "models/vae/bands.h"

#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

#include "engine/ops/elementwise.h"
#include "engine/ops/group_norm.h"
#include "engine/ops/join.h"

namespace diptych::models {
namespace {

// Lines of a band: whole tiles of convolutions, whole chunks of moments.
int64_t band_lines(const BandImage& x) {
  const int64_t of_moments = group_norm_chunk / std::gcd(group_norm_chunk, x.width);
  const int64_t unit = std::lcm(band_alignment, of_moments);
  return std::max<int64_t>(1, x.band_bytes / x.line_bytes / unit) * unit;
}

template <typename Body>
void for_bands(const BandImage& x, const Body& body) {
  const int64_t lines = band_lines(x);
  for (int64_t begin = 0; begin < x.height; begin += lines) body(begin, std::min(begin + lines, x.height));
}

int64_t rounded_up(int64_t value, int64_t multiple) {
  return (value + multiple - 1) / multiple * multiple;
}

// A convolution's lines, with the last ones that were computed.
class BandConv {
 public:
  BandConv(BandImage x, Conv2d conv, bool upsampled, int64_t height)
      : x_(std::move(x)), conv_(std::move(conv)), upsampled_(upsampled), height_(height) {}

  Tensor rows(Context& ctx, int64_t begin, int64_t end) {
    const bool known = last_ && begin >= last_begin_ && begin < last_end_;
    const int64_t first = known ? last_begin_ : begin / band_alignment * band_alignment;
    const int64_t from = known ? last_end_ : first;
    Tensor all = last_;  // lines [first, to)
    int64_t to = from;
    if (end > from) {
      to = std::min(rounded_up(end, band_alignment), height_);
      all = computed(ctx, from, to);
      if (known) all = concat(ctx, last_, all, 1);
      keep(ctx, all, first, to, to - from + kept_lines);
    }
    return all.slice(1, begin - first, end - first);
  }

  // Lines of x that no later line is made of, though it should be asked for without the last ones.
  void let_go(int64_t line) const {
    if (!x_.let_go) return;
    const int64_t first = (line - band_alignment) * conv_.shape.stride - conv_.shape.padding.top;
    x_.let_go(std::max<int64_t>(first, 0) / (upsampled_ ? 2 : 1));
  }

 private:
  // Kept beside as many as were computed last: who reads an image twice is a few lines behind the second time.
  static constexpr int64_t kept_lines = 4 * band_alignment;

  // Where the kernel reaches beyond the lines of x that were asked for, there is the edge of the image.
  Tensor computed(Context& ctx, int64_t begin, int64_t end) {
    const ConvShape& shape = conv_.shape;
    const int64_t factor = upsampled_ ? 2 : 1;
    const int64_t top = begin * shape.stride - shape.padding.top;
    const int64_t bottom = (end - 1) * shape.stride - shape.padding.top + shape.kernel_height;
    const int64_t first = std::max<int64_t>(top, 0) / factor;
    const int64_t last = std::min((bottom + factor - 1) / factor, x_.height);
    Conv2d conv = conv_;
    conv.shape.padding.top = first * factor - top;  // below 0: lines of the upsampled band that are not read
    conv.shape.padding.bottom = bottom - last * factor;
    const Tensor band = x_.rows(ctx, first, last);
    const Upsampling upsampling = upsampled_ ? Upsampling{2 * (last - first), 2 * x_.width} : Upsampling{};
    return conv2d(ctx, band, conv, upsampling, height_);
  }

  void keep(Context& ctx, const Tensor& lines, int64_t first, int64_t end, int64_t count) {
    last_begin_ = std::max(first, end - count);
    last_end_ = end;
    last_ = ctx.output(lines.shape().with(1, end - last_begin_));
    store_band(ctx, lines.slice(1, last_begin_ - first, end - first), 0, last_);
  }

  BandImage x_;
  Conv2d conv_;
  bool upsampled_;
  int64_t height_;
  Tensor last_;  // lines [last_begin_, last_end_)
  int64_t last_begin_ = 0, last_end_ = 0;
};

// An image's bands, of equal height but for the last one.
struct HeldBands {
  int64_t lines = 0;
  std::vector<Tensor> bands;

  Tensor rows(Context& ctx, int64_t begin, int64_t end) const {
    const auto first = static_cast<size_t>(begin / lines), last = static_cast<size_t>((end - 1) / lines);
    const auto part = [&](size_t band) {
      const int64_t above = static_cast<int64_t>(band) * lines;
      const Tensor& x = bands[band];
      return x.slice(1, std::max<int64_t>(0, begin - above), std::min(x.dim(1), end - above));
    };
    if (first == last) return part(first);
    Tensor all = ctx.output(bands[first].shape().with(1, end - begin));
    int64_t line = 0;
    for (size_t band = first; band <= last; ++band) {
      const Tensor x = part(band);
      store_band(ctx, x, line, all);
      line += x.dim(1);
    }
    return all;
  }

  void let_go(int64_t line) {
    for (size_t band = 0; (static_cast<int64_t>(band) + 1) * lines <= line && band < bands.size(); ++band) {
      bands[band] = {};
    }
  }
};

// The convolution of single pixels that brings a residual to another number of channels.
Tensor shortened(Context& ctx, const ResnetBlock& block, const Tensor& x) {
  return block.shortcut.blocks.empty() ? x : as_image(linear(ctx, as_tokens(x), block.shortcut), x);
}

}  // namespace

BandImage held(const Tensor& x, int64_t band_bytes) {
  return {x.dim(1),
          x.dim(2),
          x.dim(3),
          band_bytes,
          4 * x.dim(2) * x.dim(3),
          [x](Context&, int64_t begin, int64_t end) { return x.slice(1, begin, end); },
          nullptr};
}

BandImage held(Context& ctx, const BandImage& x) {
  const auto all = std::make_shared<HeldBands>();
  all->lines = band_lines(x);
  for_bands(x, [&](int64_t begin, int64_t end) {
    Tensor band = ctx.output({1, end - begin, x.width, x.channels});
    store_band(ctx, x.rows(ctx, begin, end), 0, band);
    all->bands.push_back(std::move(band));
    if (x.let_go) x.let_go(end);
  });
  BandImage y = x;
  y.line_bytes = 4 * x.width * x.channels;
  y.rows = [all](Context& inner, int64_t begin, int64_t end) { return all->rows(inner, begin, end); };
  y.let_go = [all](int64_t line) { all->let_go(line); };
  return y;
}

BandImage conv_in_bands(const BandImage& x, const Conv2d& conv, bool upsampled) {
  const int64_t factor = upsampled ? 2 : 1;
  BandImage y = x;
  y.height = conv.shape.out_height(factor * x.height);
  y.width = conv.shape.out_width(factor * x.width);
  y.channels = conv.shape.out_channels;
  y.line_bytes = std::max(4 * y.width * y.channels, x.line_bytes * conv.shape.stride / factor);
  const auto lines = std::make_shared<BandConv>(x, conv, upsampled, y.height);
  y.rows = [lines](Context& ctx, int64_t begin, int64_t end) { return lines->rows(ctx, begin, end); };
  y.let_go = [lines](int64_t line) { lines->let_go(line); };
  return y;
}

BandImage norm_in_bands(Context& ctx, const BandImage& x, const GroupNorm& norm, bool silu) {
  GroupNormMoments moments = group_norm_moments(ctx, x.height * x.width, x.channels);
  for_bands(x, [&](int64_t begin, int64_t end) { add_band(ctx, x.rows(ctx, begin, end), begin * x.width, moments); });
  const Tensor factors = group_norm_factors(ctx, moments, norm.weight, norm.bias, norm.groups, norm.eps);
  BandImage y = x;
  y.rows = [x, factors, silu](Context& inner, int64_t begin, int64_t end) {
    return scale_channels(inner, x.rows(inner, begin, end), factors, silu);
  };
  return y;
}

BandImage resnet_in_bands(Context& ctx, const ResnetBlock& block, const BandImage& x, bool keeps_middle) {
  BandImage h = conv_in_bands(norm_in_bands(ctx, x, block.norm1, true), block.conv1);
  if (keeps_middle) {
    h.let_go = nullptr;  // x is needed once more
    h = held(ctx, h);
  }
  BandImage sum = conv_in_bands(norm_in_bands(ctx, h, block.norm2, true), block.conv2);
  sum.line_bytes = std::max(sum.line_bytes, x.line_bytes);
  sum.rows = [&, change = sum.rows](Context& inner, int64_t begin, int64_t end) {
    const Tensor y = change(inner, begin, end);
    return add(inner, shortened(inner, block, x.rows(inner, begin, end)), y);
  };
  // The sum itself reads x from the band's first line on, the convolutions from a few lines later.
  sum.let_go = [&, keeps_middle](int64_t line) {
    if (keeps_middle && h.let_go) h.let_go(line - 2 * band_alignment);
    if (x.let_go) x.let_go(line);
  };
  return held(ctx, sum);
}

Tensor whole(Context& ctx, const BandImage& x) {
  Tensor all = ctx.output({1, x.height, x.width, x.channels});
  for_bands(x, [&](int64_t begin, int64_t end) {
    store_band(ctx, x.rows(ctx, begin, end), begin, all);
    if (x.let_go) x.let_go(end);
  });
  return all;
}

}  // namespace diptych::models
