#include "kernels/bench/kernel_cases.h"
#include "kernels/cpu/elementwise.h"
#include "kernels/cpu/matmul.h"
#include "kernels/cpu/norm.h"
#include "kernels/cpu/rope.h"

namespace diptych::kernels::bench {
namespace {

constexpr int64_t tokens = 512, cols = 576;

void row_case(const CaseRunner& runner, const std::string& name, double bytes_each, double flops_each,
              const std::function<void(int64_t, int64_t)>& work) {
  KernelTiming timing;
  timing.name = name + " " + std::to_string(tokens) + "x" + std::to_string(cols);
  if (!runner.wants(timing.name)) return;
  timing.bytes = bytes_each * static_cast<double>(tokens * cols);
  timing.flops = flops_each * static_cast<double>(tokens * cols);
  runner.run(std::move(timing), tokens, 1, work);
}

}  // namespace

void row_cases(const CaseRunner& runner) {
  const std::vector<float> x = some_values(tokens * cols), w = some_values(cols), angles = some_values(tokens * 32);
  std::vector<float> y(x.size()), sum(x.size());
  row_case(runner, "rms_norm", 8, 4, [&](int64_t begin, int64_t end) {
    cpu::rms_norm(x.data(), cols, w.data(), 0, 1e-6f, cols, begin, end, y.data(), cols);
  });
  row_case(runner, "add_rms_norm", 16, 5, [&](int64_t begin, int64_t end) {
    cpu::add_rms_norm(x.data(), cols, x.data(), cols, w.data(), 0, 1e-6f, cols, begin, end, sum.data(), cols, y.data(),
                      cols);
  });
  for (const auto style : {cpu::RopeStyle::half_split, cpu::RopeStyle::interleaved}) {
    constexpr int head_dim = 64, heads = cols / head_dim;
    const char* name = style == cpu::RopeStyle::half_split ? "rope halves" : "rope neighbours";
    row_case(runner, name, 8, 3, [&](int64_t begin, int64_t end) {
      cpu::rope(style, x.data(), cols, heads, head_dim, head_dim, angles.data(), angles.data(), begin, end, y.data(),
                cols);
    });
  }
  const std::pair<const char*, cpu::Activation> activations[] = {{"silu", cpu::Activation::silu},
                                                                 {"gelu_tanh", cpu::Activation::gelu_tanh},
                                                                 {"gelu_erf", cpu::Activation::gelu_erf},
                                                                 {"quick_gelu", cpu::Activation::quick_gelu}};
  for (const auto& [name, kind] : activations) {
    row_case(runner, name, 12, 20, [&, activation = kind](int64_t begin, int64_t end) {
      const int64_t first = begin * cols;
      cpu::gated(activation, x.data() + first, x.data() + first, (end - begin) * cols, y.data() + first);
    });
  }
  std::vector<std::byte> prepared(static_cast<size_t>(tokens) * cpu::activation_bytes(DType::q8_0, cols));
  row_case(runner, "prepare", 6, 4, [&](int64_t begin, int64_t end) {
    cpu::prepare_activations(DType::q8_0, x.data(), cols, cols, begin, end, prepared.data());
  });
}

}  // namespace diptych::kernels::bench
