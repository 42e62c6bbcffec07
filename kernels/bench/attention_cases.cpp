#include <cmath>

#include "kernels/bench/kernel_cases.h"
#include "kernels/cpu/attention.h"

namespace diptych::kernels::bench {
namespace {

struct AttentionShape {
  DType type;
  int heads, kv_heads, head_dim;
  int64_t queries, keys;
};

void attention_case(const CaseRunner& runner, const AttentionShape& shape) {
  KernelTiming timing;
  timing.name = "attention " + std::string(dtype_name(shape.type)) + " " + std::to_string(shape.heads) + "/" +
                std::to_string(shape.kv_heads) + "x" + std::to_string(shape.head_dim) + " queries " +
                std::to_string(shape.queries) + " keys " + std::to_string(shape.keys);
  if (!runner.wants(timing.name)) return;
  const cpu::KvLayout layout{cpu::kv_lanes, shape.kv_heads, shape.head_dim, shape.type};
  const int64_t pages = (shape.keys + cpu::kv_lanes - 1) / cpu::kv_lanes;
  const int64_t row = static_cast<int64_t>(shape.kv_heads) * shape.head_dim;
  std::vector<std::vector<std::byte>> memory(static_cast<size_t>(2 * pages));
  std::vector<void*> k, v;
  for (size_t i = 0; i < memory.size(); ++i) {
    memory[i].resize(cpu::kv_block_bytes(layout));
    (i % 2 == 0 ? k : v).push_back(memory[i].data());
  }
  const int64_t q_row = static_cast<int64_t>(shape.heads) * shape.head_dim;
  const std::vector<float> kv = some_values(shape.keys * row), q = some_values(shape.queries * q_row);
  cpu::store_kv(layout, k.data(), v.data(), 0, shape.keys, kv.data(), row, kv.data(), row);
  std::vector<float> y(q.size());
  const cpu::AttentionParams params{
      .heads = shape.heads, .scale = 1 / std::sqrt(static_cast<float>(shape.head_dim)), .threads = runner.threads()};
  const auto queries = static_cast<double>(shape.queries);
  const double seen = queries * (static_cast<double>(shape.keys) - (queries - 1) / 2);
  timing.bytes = 2.0 * static_cast<double>(dtype_bytes(shape.type, shape.keys * row));
  timing.flops = 4.0 * static_cast<double>(q_row) * seen;
  runner.run(std::move(timing), cpu::attention_items(params, layout, shape.queries), 1,
             [&](int64_t begin, int64_t end) {
               cpu::attention(params, {layout, k.data(), v.data()}, shape.keys, q.data(), q_row, shape.queries,
                              shape.keys - shape.queries, begin, end, y.data(), q_row);
             });
}

}  // namespace

void attention_cases(const CaseRunner& runner) {
  for (const DType type : {DType::f16, DType::f32}) {
    attention_case(runner, {type, 9, 3, 64, 512, 512});
    attention_case(runner, {type, 4, 1, 256, 512, 512});
    attention_case(runner, {type, 9, 3, 64, 1, 4096});
    attention_case(runner, {type, 4, 1, 256, 1, 4096});
  }
  attention_case(runner, {DType::f32, 8, 8, 40, 1024, 1024});
}

}  // namespace diptych::kernels::bench
