#include "engine/train/adapters/made_layer.h"

#include "engine/model/adapter_products.h"
#include "engine/model/row_order.h"
#include "engine/ops/adapter_math.h"
#include "engine/ops/backward/products.h"
#include "engine/ops/gradient_kernels.h"
#include "engine/ops/kernel_table.h"
#include "engine/train/adapters/kernel_order.h"

namespace diptych::train {
namespace {

Tensor with_rows(Context& ctx, const Tensor& x, const std::vector<int32_t>& rows) {
  Tensor y = ctx.output(x.shape(), DType::f32, Owner::workspace);
  kernel_table(ctx).copy_rows(ctx.pool(), x, rows, y);
  return y;
}

std::vector<int32_t> rows_in_pairs(const AdaptedLayer& layer) {
  std::vector<int32_t> rows(static_cast<size_t>(layer.rows));
  const RowOrder order{.pair_heads_of = layer.pair_heads_of};
  for (size_t i = 0; i < rows.size(); ++i) {
    rows[i] = static_cast<int32_t>(order.source_of(static_cast<int64_t>(i), layer.rows));
  }
  return rows;
}

std::vector<int32_t> inverse_of(const std::vector<int32_t>& rows) {
  std::vector<int32_t> inverse(rows.size());
  for (size_t i = 0; i < rows.size(); ++i) inverse[static_cast<size_t>(rows[i])] = static_cast<int32_t>(i);
  return inverse;
}

Tensor scaled(Context& ctx, const Tensor& x, double factor) {
  Tensor y = ctx.output(x.shape(), DType::f32, Owner::workspace);
  kernel_table(ctx).scale_offset(ctx.pool(), x, static_cast<float>(factor), 0.0f, y);
  return y;
}

// Of c = a b: da += dc b^T, db += a^T dc.
void take_back_product(Context& ctx, const Tensor& dc, Parameter& a, Parameter& b) {
  add_weight_gradient(ctx, a.value, dc, b.gradient);
  const Weight packed = pack_values(ctx, b.name, nullptr, b.value);
  kernel_table(ctx).add_product(ctx.pool(), packed, dc, a.gradient, 0);
}

// A target's rows of the layer's change.
class ChangedRows final : public MadeMatrix {
 public:
  ChangedRows(MadeLayer& layer, const WeightTarget& target) : layer_(layer), target_(target) {}

  Weight make(Context& ctx) override {
    Tensor all = layer_.change(ctx);
    if (layer_.layer().pair_heads_of > 0) all = with_rows(ctx, all, rows_in_pairs(layer_.layer()));
    const Tensor rows = all.slice(0, target_.first_row, target_.first_row + target_.rows);
    return pack_values(ctx, target_.name, layer_.layer().shape(), rows);
  }

  void take_back(Context& ctx, const Tensor& gradient) override {
    const AdaptedLayer& layer = layer_.layer();
    Tensor all = layer.is_spatial() ? as_stored(ctx, *layer.kernel, gradient) : gradient;
    if (target_.rows < layer.rows) {
      const Tensor whole = zeros(ctx, {layer.rows, layer.cols});
      Tensor part = whole.slice(0, target_.first_row, target_.first_row + target_.rows);
      gradient_kernels(ctx).add_scaled(ctx.pool(), all, 1.0f, part);
      all = whole;
    }
    if (layer.pair_heads_of > 0) all = with_rows(ctx, all, inverse_of(rows_in_pairs(layer)));
    layer_.take_back(ctx, all);
  }

 private:
  MadeLayer& layer_;
  const WeightTarget& target_;
};

}  // namespace

void MadeLayer::attach() {
  for (WeightTarget* target : layer_.parts) target->adapter->made = std::make_shared<ChangedRows>(*this, *target);
}

LohaLayer::LohaLayer(Context& ctx, const AdapterOptions& options, AdaptedLayer layer, Parameters& all)
    : MadeLayer(std::move(layer), all) {
  const std::string stem = options.prefix + layer_.name;
  const Shape a{layer_.rows, layer_.rank}, b{layer_.rank, layer_.cols};
  w1_a_ = add_parameter(ctx, stem + ".hada_w1_a", a);
  w1_b_ = add_parameter(ctx, stem + ".hada_w1_b", b);
  w2_a_ = add_parameter(ctx, stem + ".hada_w2_a", a);
  w2_b_ = add_parameter(ctx, stem + ".hada_w2_b", b);  // zeros: nothing is changed at first
  draw(ctx, w1_a_, options.seed, "loha w1_a");
  draw(ctx, w1_b_, options.seed, "loha w1_b");
  draw(ctx, w2_a_, options.seed, "loha w2_a");
  attach();
}

Tensor LohaLayer::product(Context& ctx, size_t a, size_t b) const {
  return multiply(ctx, parameter(a).value, parameter(b).value);
}

Tensor LohaLayer::change(Context& ctx) const {
  Tensor change = product(ctx, w1_a_, w1_b_);
  multiply_values(ctx, change, product(ctx, w2_a_, w2_b_));
  kernel_table(ctx).scale_offset(ctx.pool(), change, static_cast<float>(layer_.scale), 0.0f, change);
  return change;
}

void LohaLayer::take_back(Context& ctx, const Tensor& gradient) {
  Tensor first = scaled(ctx, gradient, layer_.scale);
  multiply_values(ctx, first, product(ctx, w2_a_, w2_b_));
  Tensor second = scaled(ctx, gradient, layer_.scale);
  multiply_values(ctx, second, product(ctx, w1_a_, w1_b_));
  take_back_product(ctx, first, parameter(w1_a_), parameter(w1_b_));
  take_back_product(ctx, second, parameter(w2_a_), parameter(w2_b_));
}

std::map<std::string, Tensor> LohaLayer::values(Context& ctx) const {
  return {{"hada_w1_a", copy_of(ctx, w1_a_)},
          {"hada_w1_b", copy_of(ctx, w1_b_)},
          {"hada_w2_a", copy_of(ctx, w2_a_)},
          {"hada_w2_b", copy_of(ctx, w2_b_)}};
}

LokrLayer::LokrLayer(Context& ctx, const AdapterOptions& options, AdaptedLayer layer, Parameters& all)
    : MadeLayer(std::move(layer), all) {
  const std::string stem = options.prefix + layer_.name;
  const int64_t taps = layer_.kernel ? layer_.kernel->taps() : 1;
  const auto [l, k] = split_evenly(layer_.rows, options.kronecker_factor);
  const auto [m, n] = split_evenly(layer_.cols / taps, options.kronecker_factor);
  w1_ = add_parameter(ctx, stem + ".lokr_w1", {l, m});  // zeros: nothing is changed at first
  if (2 * layer_.rank >= std::max(k, n)) {
    w2_ = add_parameter(ctx, stem + ".lokr_w2", {k, n * taps});
    draw(ctx, *w2_, options.seed, "lokr w2");
  } else {
    w2_a_ = add_parameter(ctx, stem + ".lokr_w2_a", {k, layer_.rank});
    w2_b_ = add_parameter(ctx, stem + ".lokr_w2_b", {layer_.rank, n * taps});
    draw(ctx, w2_a_, options.seed, "lokr w2_a");
    draw(ctx, w2_b_, options.seed, "lokr w2_b");
  }
  attach();
}

Tensor LokrLayer::second(Context& ctx) const {
  return w2_ ? parameter(*w2_).value : multiply(ctx, parameter(w2_a_).value, parameter(w2_b_).value);
}

Tensor LokrLayer::change(Context& ctx) const {
  return kronecker(ctx, scaled(ctx, parameter(w1_).value, layer_.scale), second(ctx));
}

// Of g = scale * kron(w1, w2) [l k, m n]: dw1[l, m] sums g w2 over its block, dw2 sums all blocks times w1[l, m].
void LokrLayer::take_back(Context& ctx, const Tensor& gradient) {
  const Tensor w2 = second(ctx), &w1 = parameter(w1_).value;
  const int64_t blocks_down = w1.dim(0), blocks_across = w1.dim(1), k = w2.dim(0), n = w2.dim(1);
  Tensor dw2 = zeros(ctx, w2.shape());
  const auto elements = static_cast<double>(gradient.elements());
  ctx.declare("kronecker_backward", {.flops = 4 * elements, .read_bytes = 8 * elements});
  if (!ctx.is_meta()) {
    const auto row_of = [&](int64_t l, int64_t i, int64_t m) {
      return gradient.data<float>() + (l * k + i) * blocks_across * n + m * n;
    };
    float* dw1 = parameter(w1_).gradient.data<float>();
    ctx.pool().parallel_for(w1.elements(), 4, [&](int64_t begin, int64_t end) {
      for (int64_t block = begin; block < end; ++block) {
        double sum = 0;
        for (int64_t i = 0; i < k; ++i) {
          const float *g = row_of(block / blocks_across, i, block % blocks_across), *w = w2.data<float>() + i * n;
          for (int64_t j = 0; j < n; ++j) sum += static_cast<double>(g[j]) * static_cast<double>(w[j]);
        }
        dw1[block] += static_cast<float>(sum * layer_.scale);
      }
    });
    ctx.pool().parallel_for(k, 1, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        float* sum = dw2.data<float>() + i * n;
        for (int64_t block = 0; block < blocks_down * blocks_across; ++block) {
          const float* g = row_of(block / blocks_across, i, block % blocks_across);
          const float factor = w1.data<float>()[block] * static_cast<float>(layer_.scale);
          for (int64_t j = 0; j < n; ++j) sum[j] += factor * g[j];
        }
      }
    });
  }
  if (w2_) {
    gradient_kernels(ctx).add_scaled(ctx.pool(), dw2, 1.0f, parameter(*w2_).gradient);
  } else {
    take_back_product(ctx, dw2, parameter(w2_a_), parameter(w2_b_));
  }
}

std::map<std::string, Tensor> LokrLayer::values(Context& ctx) const {
  std::map<std::string, Tensor> values{{"lokr_w1", copy_of(ctx, w1_)}};
  if (!w2_) {
    values["lokr_w2_a"] = copy_of(ctx, w2_a_);
    values["lokr_w2_b"] = copy_of(ctx, w2_b_);
    return values;
  }
  Tensor w2 = copy_of(ctx, *w2_);
  if (layer_.kernel) {
    const ConvShape& shape = *layer_.kernel;
    w2 = w2.reshape({w2.dim(0), w2.dim(1) / shape.taps(), shape.kernel_height, shape.kernel_width});
  }
  values["lokr_w2"] = w2;
  return values;
}

std::pair<int64_t, int64_t> split_evenly(int64_t n, int64_t factor) {
  if (factor > 0 && n % factor == 0) return {factor, n / factor};
  std::pair<int64_t, int64_t> best{1, n};
  for (int64_t first = 2; first * first <= n && (factor < 0 || first <= factor); ++first) {
    if (n % first == 0) best = {first, n / first};
  }
  return best;
}

}  // namespace diptych::train
