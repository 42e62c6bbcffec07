#include "engine/model/adapter_delta.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "engine/model/adapter_parts.h"
#include "engine/model/adapter_products.h"
#include "engine/ops/adapter_math.h"
#include "engine/ops/elementwise.h"

namespace diptych {
namespace {

// Factors of a product a [rows, rank] b [rank, cols]; `core` (Tucker 1966) stands between them in convolutions:
// a is then stored turned, core [rank, rank, y, x], b [rank, channels].
struct FactorNames {
  std::string a, b, core;
};

const FactorNames lora_names{"lora_up", "lora_down", "lora_mid"};
const FactorNames hada_1{"hada_w1_a", "hada_w1_b", "hada_t1"}, hada_2{"hada_w2_a", "hada_w2_b", "hada_t2"};
const FactorNames lokr_2{"lokr_w2_a", "lokr_w2_b", "lokr_t2"}, lokr_1{"lokr_w1_a", "lokr_w1_b", ""};

// LoRA's "up" stands as it is multiplied, with a core or without.
bool turned(const AdapterParts& parts, const FactorNames& names) {
  return parts.has(names.core) && names.core != lora_names.core;
}

AdapterForm form_of_factors(const AdapterParts& parts, const FactorNames& names) {
  const Flat a = parts.flat(names.a), b = parts.flat(names.b);
  if (!parts.has(names.core)) {
    parts.expect(a.cols == b.rows, names.a, names.b);
    return {a.rows, b.cols};
  }
  const Shape& core = parts.dims(names.core);
  const int64_t taps = parts.taps(names.core), rows = turned(parts, names) ? a.cols : a.rows;
  parts.expect((turned(parts, names) ? a.rows : a.cols) == core[0], names.a, names.core);
  parts.expect(b.rows == core[1], names.b, names.core);
  return {rows, b.cols * taps};
}

Factors read_factors(Context& ctx, const AdapterParts& parts, const FactorNames& names) {
  Factors factors{parts.read(ctx, names.a), parts.read(ctx, names.b)};
  if (parts.has(names.core)) factors.b = through_core(ctx, parts.read(ctx, names.core), factors.b);
  if (turned(parts, names)) factors.a = transpose(ctx, factors.a);
  return factors;
}

bool pays(int64_t rank, const AdapterForm& form) {
  return rank * (form.rows + form.cols) < form.rows * form.cols;
}

AdapterForm form_of_lokr(const AdapterParts& parts) {
  const auto of = [&](const char* whole, const FactorNames& names) {
    if (!parts.has(whole)) return form_of_factors(parts, names);
    const Flat flat = parts.flat(whole);
    return AdapterForm{flat.rows, flat.cols};
  };
  const AdapterForm first = of("lokr_w1", lokr_1), second = of("lokr_w2", lokr_2);
  return {first.rows * second.rows, first.cols * second.cols};
}

// kron(w1, a b) = kron(w1, a) kron(I, b)
AdapterDelta delta_of_lokr(Context& ctx, const AdapterParts& parts, const AdapterForm& form, bool dense) {
  AdapterDelta delta;
  const auto whole = [&](const FactorNames& names) {
    const Factors factors = read_factors(ctx, parts, names);
    return multiply(ctx, factors.a, factors.b);
  };
  const Tensor first = parts.has("lokr_w1") ? parts.read(ctx, "lokr_w1") : whole(lokr_1);
  if (parts.has("lokr_w2")) {
    delta.dense = kronecker(ctx, first, parts.read(ctx, "lokr_w2"));
    return delta;
  }
  const Factors second = read_factors(ctx, parts, lokr_2);
  if (dense || !pays(first.dim(1) * second.b.dim(0), form)) {
    delta.dense = kronecker(ctx, first, multiply(ctx, second.a, second.b));
  } else {
    delta.up = kronecker(ctx, first, second.a);
    delta.down = kronecker(ctx, identity(ctx, first.dim(1)), second.b);
  }
  return delta;
}

AdapterDelta delta_of_loha(Context& ctx, const AdapterParts& parts, const AdapterForm& form, bool dense) {
  AdapterDelta delta;
  const Factors first = read_factors(ctx, parts, hada_1), second = read_factors(ctx, parts, hada_2);
  if (dense || !pays(first.b.dim(0) * second.b.dim(0), form)) {
    delta.dense = multiply(ctx, first.a, first.b);
    multiply_values(ctx, delta.dense, multiply(ctx, second.a, second.b));
  } else {
    Factors factors = hadamard_factors(ctx, first, second);
    delta.up = std::move(factors.a);
    delta.down = std::move(factors.b);
  }
  return delta;
}

AdapterDelta delta_of_lora(Context& ctx, const AdapterParts& parts, const AdapterForm& form, bool dense) {
  AdapterDelta delta;
  Factors factors = read_factors(ctx, parts, lora_names);
  if (dense || !pays(factors.b.dim(0), form)) {
    delta.dense = multiply(ctx, factors.a, factors.b);
  } else {
    delta.up = std::move(factors.a);
    delta.down = std::move(factors.b);
  }
  return delta;
}

// The rank that alpha is divided by; 0: alpha does not count.
double rank_of(const AdapterParts& parts, const AdapterConfig& config, const AdapterScaling* scaling,
               const std::string& layer) {
  if (parts.has("lora_down")) return static_cast<double>(parts.flat("lora_down").rows);
  if (parts.has("hada_w1_b")) return static_cast<double>(parts.flat("hada_w1_b").rows);
  if (config.peft && scaling != nullptr) {
    if (const auto rank = scaling->rank_of(layer)) return *rank;
  }
  for (const char* factor : {"lokr_w2_b", "lokr_w1_b"}) {
    if (parts.has(factor)) return static_cast<double>(parts.flat(factor).rows);
  }
  return 0;
}

float scale_of(const Adapter& adapter, const AdapterLayer& layer, const AdapterParts& parts) {
  const double scalar = parts.has("scalar") ? parts.number("scalar") : 1;
  const AdapterScaling* scaling = adapter.config.of(layer.component);
  const double rank = rank_of(parts, adapter.config, scaling, layer.layer);
  double alpha = rank;
  if (parts.has("alpha")) {
    alpha = parts.number("alpha");
  } else if (scaling != nullptr) {
    alpha = scaling->alpha_of(layer.layer).value_or(rank);
  }
  if (rank == 0) return static_cast<float>(scalar);
  const bool stabilised = scaling != nullptr && scaling->rank_stabilised;
  return static_cast<float>(scalar * alpha / (stabilised ? std::sqrt(rank) : rank));
}

}  // namespace

AdapterForm adapter_form(const Adapter& adapter, const AdapterLayer& layer) {
  const AdapterParts parts(adapter, layer);
  AdapterForm form;
  if (parts.has("lora_down") || parts.has("lora_up")) {
    form = form_of_factors(parts, lora_names);
  } else if (parts.has("hada_w1_a") || parts.has("hada_w1_b")) {
    form = form_of_factors(parts, hada_1);
    const AdapterForm second = form_of_factors(parts, hada_2);
    parts.expect(form.rows == second.rows && form.cols == second.cols, "hada_w1_a", "hada_w2_a");
  } else if (parts.has("lokr_w1") || parts.has("lokr_w1_a")) {
    form = form_of_lokr(parts);
  } else if (parts.has("diff")) {
    form = {parts.flat("diff").rows, parts.flat("diff").cols};
  }
  for (const char* bias : {"diff_b", "up_bias"}) {
    if (!parts.has(bias)) continue;
    const int64_t rows = parts.dims(bias).elements();
    if (form.rows == 0) form.rows = rows;
    if (rows != form.rows) parts.refuse("has " + std::string(bias) + " " + parts.dims(bias).str());
  }
  if (form.rows == 0) parts.refuse("lacks the tensors that say what it adds");
  return form;
}

AdapterDelta adapter_delta(Context& ctx, const Adapter& adapter, const AdapterLayer& layer, bool dense) {
  const AdapterParts parts(adapter, layer);
  const AdapterForm form = adapter_form(adapter, layer);
  AdapterDelta delta;
  if (form.cols == 0) return delta;
  if (parts.has("lora_down")) {
    delta = delta_of_lora(ctx, parts, form, dense);
  } else if (parts.has("hada_w1_a")) {
    delta = delta_of_loha(ctx, parts, form, dense);
  } else if (parts.has("diff")) {
    delta.dense = parts.read(ctx, "diff");
  } else {
    delta = delta_of_lokr(ctx, parts, form, dense);
  }
  delta.scale = scale_of(adapter, layer, parts);
  return delta;
}

Tensor adapter_bias(Context& ctx, const Adapter& adapter, const AdapterLayer& layer) {
  const AdapterParts parts(adapter, layer);
  const char* part = parts.has("diff_b") ? "diff_b" : "up_bias";
  if (!parts.has(part)) return {};
  Tensor bias = parts.read(ctx, part).reshape({parts.dims(part).elements(), 1});
  const float scale = parts.has("diff_b") ? 1 : scale_of(adapter, layer, parts);
  for (int64_t i = 0; i < bias.elements() && !ctx.is_meta(); ++i) bias.data<float>()[i] *= scale;
  return bias;
}

AdapterMagnitude adapter_magnitude(Context& ctx, const Adapter& adapter, const AdapterLayer& layer) {
  const AdapterParts parts(adapter, layer);
  const AdapterForm form = adapter_form(adapter, layer);
  AdapterMagnitude magnitude;
  const bool lycoris = parts.has("dora_scale");
  if (!lycoris && !parts.has("magnitude")) return magnitude;
  const std::string part = lycoris ? "dora_scale" : "magnitude";
  const Shape& dims = parts.dims(part);
  const int64_t count = dims.elements();
  // LyCORIS' own shape is [1, channels, …] for columns and [rows, 1, …] for rows.
  magnitude.of_columns = lycoris && dims.rank() >= 2 && dims[0] == 1 && form.rows != 1;
  const int64_t cols = form.cols;
  if (magnitude.of_columns ? cols == 0 || cols % count != 0 : count != form.rows) {
    parts.refuse("has " + part + " " + dims.str() + " for " + std::to_string(form.rows) + " rows");
  }
  const Tensor values = parts.read(ctx, part);
  magnitude.values.resize(static_cast<size_t>(count));
  if (!ctx.is_meta()) std::copy_n(values.data<float>(), count, magnitude.values.data());
  return magnitude;
}

}  // namespace diptych
