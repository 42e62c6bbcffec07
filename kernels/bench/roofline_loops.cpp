#include "kernels/bench/roofline_loops.h"

#include "kernels/cpu/activation_block.h"
#include "kernels/cpu/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/bench/roofline_loops.cpp"
#include "hwy/foreach_target.h"
// clang-format off
#include "hwy/cache_control.h"
#include "hwy/highway.h"
#include "kernels/cpu/int8_dot-inl.h"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace diptych::kernels::cpu::HWY_NAMESPACE {

constexpr int chains = lanes == 4 ? 8 : 12;  // independent sums, enough to hide the latency of an addition

double run_fma(int64_t rounds, float* sink) {
  VF sums[chains];
  for (int i = 0; i < chains; ++i) sums[i] = hn::Set(F32(), static_cast<float>(i));
  const VF factor = hn::Set(F32(), sink[0]), term = hn::Set(F32(), sink[1]);
  for (int64_t round = 0; round < rounds; ++round) {
    DIPTYCH_UNROLL
    for (int i = 0; i < chains; ++i) sums[i] = hn::MulAdd(sums[i], factor, term);
  }
  for (int i = 1; i < chains; ++i) sums[0] = hn::Add(sums[0], sums[i]);
  sink[2] = hn::GetLane(sums[0]);
  return 2.0 * chains * lanes * static_cast<double>(rounds);
}

// The multiplication that kernels use and the addition of its pairs, from registers to registers; no kernel can do with
// less. An empty asm makes each product another one to the compiler.
double run_int8(int64_t rounds, int32_t* sink) {
  VU8 levels = hn::Set(U8(), static_cast<uint8_t>(sink[0]));
#if HWY_TARGET == HWY_AVX3_DL || DIPTYCH_SIGNED_BYTES
  const VU8 activations = hn::Set(U8(), static_cast<uint8_t>(sink[1]));
  VU8 sums[chains];
  for (int i = 0; i < chains; ++i) sums[i] = hn::Zero(U8());
  for (int64_t round = 0; round < rounds; ++round) {
    DIPTYCH_UNROLL
    for (int i = 0; i < chains; ++i) {
#if HWY_TARGET == HWY_AVX3_DL
      __m512i sum = sums[i].raw;  // as an element of the array it would be stored after every instruction
      asm("vpdpbusd %2, %1, %0" : "+v"(sum) : "v"(levels.raw), "v"(activations.raw));
      sums[i].raw = sum;
#else
      asm("" : "+x"(levels.raw));
      sums[i].raw = add_words(sums[i].raw, madd_bytes(levels.raw, activations.raw));
#endif
    }
  }
  for (int i = 1; i < chains; ++i) sums[0] = hn::Xor(sums[0], sums[i]);
  sink[2] = hn::GetLane(sums[0]);
  return 2.0 * chains * 4 * lanes * static_cast<double>(rounds);
#else
  constexpr int tokens = 4;
  ActivationBlock blocks[tokens] = {};
  VU8 weights[8];
  for (int g = 0; g < 8; ++g) weights[g] = levels;
  VI sums[tokens];
  for (int t = 0; t < tokens; ++t) sums[t] = hn::Zero(I32());
  for (int64_t round = 0; round < rounds; ++round) {
    dot_groups<4, 0, 8, tokens>(sums, weights, blocks, 1);
    asm volatile("" : : "r"(blocks) : "memory");  // the blocks are read anew
  }
  for (int t = 1; t < tokens; ++t) sums[0] = hn::Add(sums[0], sums[t]);
  sink[2] = hn::GetLane(sums[0]);
  return 2.0 * 4 * 8 * tokens * lanes * static_cast<double>(rounds);
#endif
}

uint64_t run_read(const uint8_t* data, size_t bytes) {
  const U8 d8;
  constexpr size_t step = sizeof(float) * lanes;
  VU8 sums[4] = {hn::Zero(d8), hn::Zero(d8), hn::Zero(d8), hn::Zero(d8)};
  for (size_t i = 0; i + 4 * step <= bytes; i += 4 * step) {
    for (size_t j = 0; j < 4 * step; j += 64) hwy::Prefetch(data + i + j + 4096);
    DIPTYCH_UNROLL
    for (size_t j = 0; j < 4; ++j) sums[j] = hn::Xor(sums[j], hn::LoadU(d8, data + i + j * step));
  }
  return hn::GetLane(hn::Xor(hn::Xor(sums[0], sums[1]), hn::Xor(sums[2], sums[3])));
}

}  // namespace diptych::kernels::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace diptych::kernels::cpu {

HWY_EXPORT(run_fma);
HWY_EXPORT(run_int8);
HWY_EXPORT(run_read);

}  // namespace diptych::kernels::cpu

namespace diptych::kernels::bench {

double fma_loop(int64_t rounds) {
  using namespace kernels::cpu;
  volatile float factor = 0.999f, term = 0.001f;  // unknown to the compiler
  float sink[3] = {factor, term, 0};
  const double done = HWY_DYNAMIC_DISPATCH(run_fma)(rounds, sink);
  term = sink[2];
  return done;
}

double int8_loop(int64_t rounds) {
  using namespace kernels::cpu;
  volatile int32_t level = 3;
  int32_t sink[3] = {level, level, 0};
  const double done = HWY_DYNAMIC_DISPATCH(run_int8)(rounds, sink);
  level = sink[2];
  return done;
}

uint64_t read_loop(const std::byte* data, size_t bytes) {
  using namespace kernels::cpu;
  return HWY_DYNAMIC_DISPATCH(run_read)(reinterpret_cast<const uint8_t*>(data), bytes);
}

}  // namespace diptych::kernels::bench
#endif
