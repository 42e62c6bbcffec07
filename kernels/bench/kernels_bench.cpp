// kernels_bench [--threads N] [--isa NAME] [--only TEXT]: every kernel at the shapes of real models, against the
// measured roofline.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "kernels/bench/roofline.h"
#include "kernels/common/half.h"
#include "kernels/common/quant_blocks.h"
#include "kernels/cpu/attention.h"
#include "kernels/cpu/elementwise.h"
#include "kernels/cpu/instruction_sets.h"
#include "kernels/cpu/matmul.h"
#include "kernels/cpu/norm.h"
#include "kernels/cpu/rope.h"

namespace {

using namespace diptych;
using namespace diptych::kernels;

struct Bench {
  bench::Roofline roofline;
  int threads = 1;
  std::string only;

  // `work(begin, end)` is dealt out to the threads in turn; bytes and flops are those of all `items`.
  void run(const std::string& name, int64_t items, int64_t grain, double bytes, double flops, double peak_gflop,
           const std::function<void(int64_t, int64_t)>& work) const {
    if (name.find(only) == std::string::npos) return;
    const int64_t share = std::max<int64_t>(1, items / (threads * 8) / grain) * grain;
    const auto all = [&](int thread) {
      for (int64_t i = thread * share; i < items; i += threads * share) work(i, std::min(items, i + share));
    };
    const double once = bench::best_seconds(threads, 1, all);
    const int repeats = static_cast<int>(std::clamp(0.004 / once, 1.0, 1000.0));
    const double seconds = bench::best_seconds(threads, 5,
                                               [&](int thread) {
                                                 for (int i = 0; i < repeats; ++i) all(thread);
                                               }) /
                           repeats;
    const double ideal = std::max(bytes / roofline.dram_read_gb_per_s, flops / peak_gflop) / 1e9;
    std::printf("%-44s %10.1f us %8.1f GB/s %9.1f GFLOP/s %6.1f %% of roofline\n", name.c_str(), seconds * 1e6,
                bytes / seconds / 1e9, flops / seconds / 1e9, 100 * ideal / seconds);
  }
};

std::vector<float> some_values(int64_t count) {
  std::vector<float> values(static_cast<size_t>(count));
  uint32_t state = 1;
  for (float& value : values) {
    state = state * 1664525u + 1013904223u;
    value = static_cast<float>(state >> 8) / 8388608.0f - 1.0f;
  }
  return values;
}

std::vector<std::byte> some_weights(DType type, int64_t count) {
  std::vector<std::byte> bytes(dtype_bytes(type, count));
  const std::vector<float> values = some_values(4096);  // repeated: making them takes longer than multiplying
  const size_t row = dtype_bytes(type, 4096);
  std::vector<std::byte> pattern(row);
  if (is_quantized(type)) {
    quantize_row_reference(type, values.data(), pattern.data(), 4096);
  } else if (type == DType::f32) {
    std::memcpy(pattern.data(), values.data(), row);
  } else {
    for (size_t i = 0; i < values.size(); ++i) {
      const uint16_t half = type == DType::f16 ? f32_to_f16(values[i]) : f32_to_bf16(values[i]);
      std::memcpy(&pattern[2 * i], &half, 2);
    }
  }
  for (size_t i = 0; i < bytes.size(); i += row)
    std::memcpy(&bytes[i], pattern.data(), std::min(row, bytes.size() - i));
  return bytes;
}

void bench_matmul(const Bench& bench, DType type, int64_t rows, int64_t cols, int64_t tokens) {
  const std::string name = "matmul " + std::string(dtype_name(type)) + " " + std::to_string(rows) + "x" +
                           std::to_string(cols) + " tokens " + std::to_string(tokens);
  if (name.find(bench.only) == std::string::npos) return;
  const std::vector<std::byte> source = some_weights(type, rows * cols);
  std::vector<std::byte> packed(cpu::packed_bytes(type, rows, cols));
  cpu::pack_rows(type, source.data(), rows, cols, 0, rows, packed.data());
  const std::vector<float> x = some_values(tokens * cols);
  std::vector<std::byte> prepared(static_cast<size_t>(tokens) * cpu::activation_bytes(type, cols));
  cpu::prepare_activations(type, x.data(), cols, cols, 0, tokens, prepared.data());
  std::vector<float> y(static_cast<size_t>(tokens * rows));
  const double flops = 2.0 * static_cast<double>(tokens * rows) * static_cast<double>(cols);
  bench.run(name, rows, cpu::tile_rows(), static_cast<double>(packed.size()), flops,
            is_quantized(type) ? bench.roofline.int8_gop_per_s : bench.roofline.f32_gflop_per_s,
            [&](int64_t begin, int64_t end) {
              for (int64_t row = begin; row < end; row += 128) {
                cpu::matmul(type, packed.data(), rows, cols, prepared.data(), tokens, row, std::min(end, row + 128),
                            nullptr, y.data(), rows);
              }
            });
}

void bench_attention(const Bench& bench, DType type, int heads, int kv_heads, int head_dim, int64_t queries,
                     int64_t keys) {
  const std::string name = "attention " + std::string(dtype_name(type)) + " " + std::to_string(heads) + "/" +
                           std::to_string(kv_heads) + "x" + std::to_string(head_dim) + " queries " +
                           std::to_string(queries) + " keys " + std::to_string(keys);
  const cpu::KvLayout layout{32, kv_heads, head_dim, type};
  const int64_t pages = (keys + 31) / 32, row = static_cast<int64_t>(kv_heads) * head_dim;
  std::vector<std::vector<std::byte>> memory(static_cast<size_t>(2 * pages));
  std::vector<void*> k, v;
  for (size_t i = 0; i < memory.size(); ++i) {
    memory[i].resize(cpu::kv_block_bytes(layout));
    (i % 2 == 0 ? k : v).push_back(memory[i].data());
  }
  const std::vector<float> kv = some_values(keys * row), q = some_values(queries * heads * head_dim);
  cpu::store_kv(layout, k.data(), v.data(), 0, keys, kv.data(), row, kv.data(), row);
  std::vector<float> y(q.size());
  const cpu::AttentionParams params{
      .heads = heads, .scale = 1 / std::sqrt(static_cast<float>(head_dim)), .threads = bench.threads};
  const double seen = static_cast<double>(queries) * (static_cast<double>(keys) - static_cast<double>(queries - 1) / 2);
  const int64_t q_row = static_cast<int64_t>(heads) * head_dim;
  bench.run(name, cpu::attention_items(params, layout, queries), 1,
            2.0 * static_cast<double>(dtype_bytes(type, keys * row)), 4.0 * heads * head_dim * seen,
            bench.roofline.f32_gflop_per_s, [&](int64_t begin, int64_t end) {
              cpu::attention(params, {layout, k.data(), v.data()}, keys, q.data(), q_row, queries, keys - queries,
                             begin, end, y.data(), q_row);
            });
}

void bench_rows(const Bench& bench, int64_t tokens, int64_t cols) {
  const std::vector<float> x = some_values(tokens * cols), w = some_values(cols), angles = some_values(tokens * 32);
  std::vector<float> y(x.size()), sum(x.size());
  const auto count = static_cast<double>(tokens * cols);
  const std::string shape = " " + std::to_string(tokens) + "x" + std::to_string(cols);
  const double peak = bench.roofline.f32_gflop_per_s;
  bench.run("rms_norm" + shape, tokens, 1, 8 * count, 4 * count, peak, [&](int64_t begin, int64_t end) {
    cpu::rms_norm(x.data(), cols, w.data(), 0, 1e-6f, cols, begin, end, y.data(), cols);
  });
  bench.run("add_rms_norm" + shape, tokens, 1, 16 * count, 5 * count, peak, [&](int64_t begin, int64_t end) {
    cpu::add_rms_norm(x.data(), cols, x.data(), cols, w.data(), 0, 1e-6f, cols, begin, end, sum.data(), cols, y.data(),
                      cols);
  });
  for (const auto style : {cpu::RopeStyle::half_split, cpu::RopeStyle::interleaved}) {
    const std::string name = style == cpu::RopeStyle::half_split ? "rope halves" : "rope neighbours";
    bench.run(name + shape, tokens, 1, 8 * count, 3 * count, peak, [&](int64_t begin, int64_t end) {
      cpu::rope(style, x.data(), cols, static_cast<int>(cols / 64), 64, 64, angles.data(), angles.data(), begin, end,
                y.data(), cols);
    });
  }
  const std::pair<const char*, cpu::Activation> activations[] = {{"silu", cpu::Activation::silu},
                                                                 {"gelu_tanh", cpu::Activation::gelu_tanh},
                                                                 {"gelu_erf", cpu::Activation::gelu_erf}};
  for (const auto& activation : activations) {
    const cpu::Activation kind = activation.second;
    bench.run(activation.first + shape, tokens * cols, 16, 12 * count, 20 * count, peak,
              [&, kind](int64_t begin, int64_t end) {
                cpu::gated(kind, x.data() + begin, x.data() + begin, end - begin, y.data() + begin);
              });
  }
  std::vector<std::byte> prepared(static_cast<size_t>(tokens) * cpu::activation_bytes(DType::q8_0, cols));
  bench.run("prepare" + shape, tokens, 1, 6 * count, 4 * count, peak, [&](int64_t begin, int64_t end) {
    cpu::prepare_activations(DType::q8_0, x.data(), cols, cols, begin, end, prepared.data());
  });
}

}  // namespace

int main(int argc, char** argv) {
  Bench bench;
  bench.threads = static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string option = argv[i], value = argv[i + 1];
    if (option == "--threads") bench.threads = std::max(1, std::atoi(value.c_str()));
    if (option == "--isa") cpu::use_instruction_set(value);
    if (option == "--only") bench.only = value;
  }
  std::printf("instruction set %s\n", std::string(cpu::instruction_set()).c_str());
  for (int threads = 1; threads <= bench.threads; ++threads) {
    bench.roofline = bench::measure_roofline(threads);
    std::printf("%d threads: DRAM read %.1f GB/s, f32 %.0f GFLOP/s, int8 %.0f GOP/s\n", threads,
                bench.roofline.dram_read_gb_per_s, bench.roofline.f32_gflop_per_s, bench.roofline.int8_gop_per_s);
  }
  for (const DType type : {DType::q4_0, DType::q4_1, DType::q5_0, DType::q5_1, DType::q8_0, DType::q4_k, DType::q5_k,
                           DType::q6_k, DType::f16, DType::bf16, DType::f32}) {
    bench_matmul(bench, type, 65536, 768, 1);
    bench_matmul(bench, type, 1536, 768, 16);
    bench_matmul(bench, type, 1536, 768, 512);
  }
  for (const DType type : {DType::f16, DType::f32}) {
    bench_attention(bench, type, 9, 3, 64, 512, 512);
    bench_attention(bench, type, 4, 1, 256, 512, 512);
    bench_attention(bench, type, 9, 3, 64, 1, 4096);
    bench_attention(bench, type, 4, 1, 256, 1, 4096);
  }
  bench_attention(bench, DType::f32, 8, 8, 40, 1024, 1024);
  bench_rows(bench, 512, 576);
  return 0;
}
