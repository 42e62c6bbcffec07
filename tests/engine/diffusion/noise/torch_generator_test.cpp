// PyTorch's own values (torch 2.15, CPU with AVX2) are embedded; its vector functions differ from ours by some 1e-7.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "engine/core/error.h"
#include "engine/core/random.h"
#include "engine/diffusion/noise/noise_streams.h"
#include "engine/diffusion/noise/torch_cpu_generator.h"
#include "engine/diffusion/noise/torch_cuda_generator.h"

namespace diptych::diffusion {
namespace {

constexpr double close = 2e-6;

std::vector<float> draw(NoiseSource& source, size_t count) {
  std::vector<float> values(count);
  source.fill_normal(values);
  return values;
}

void expect_close(const std::vector<float>& actual, const std::vector<float>& expected) {
  ASSERT_EQ(actual.size(), expected.size());
  for (size_t i = 0; i < actual.size(); ++i) EXPECT_NEAR(actual[i], expected[i], close) << i;
}

// torch.manual_seed(1234), then tensors of 20, 5, 2, 33 and 4 values: both ways, a kept normal that outlives a large
// tensor, and a size that is no multiple of sixteen.
TEST(TorchCpuGenerator, OneGeneratorThroughTensorsOfSeveralSizes) {
  TorchCpuGenerator generator(1234);
  expect_close(draw(generator, 20),
               {-0.111718565f, -0.496590108f, 0.163073704f,  -0.88168776f, 0.28909719f,   0.489870846f, -0.385274619f,
                -0.712034583f, 0.636912644f,  -0.714080095f, -1.0831244f,  -0.554724216f, -1.32481194f, 0.696980536f,
                -0.66305387f,  1.21575689f,   -2.52733517f,  1.47778428f,  -0.169623628f, -0.99185735f});
  expect_close(draw(generator, 5), {-0.00984232128f, -1.44734037f, -0.203899279f, 0.873753369f, -0.681610942f});
  expect_close(draw(generator, 2), {0.63386935f, 0.19220227f});
  expect_close(draw(generator, 33),
               {-1.51726604f,  0.387742668f,  -1.18485546f, 0.689673901f,  -0.283332437f, -0.565951109f, 0.356618494f,
                -0.453488261f, 0.0323106982f, -1.65927684f, -1.87732923f,  0.737245977f,  0.391019821f,  0.515787721f,
                -1.0042479f,   0.985964954f,  0.31467846f,  0.286203444f,  -0.248122945f, 0.203957722f,  -0.562987089f,
                -0.28294012f,  0.0731030852f, -1.38804328f, -0.267793119f, 2.55992699f,   -1.69517517f,  0.188534126f,
                0.436009735f,  -1.47703898f,  -1.22216129f, -0.274636686f, -0.344993025f});
  expect_close(draw(generator, 4), {0.0918222293f, 0.399878293f, -2.1429038f, 0.613716543f});
}

// The latents of a 512 x 512 image with seed 42.
TEST(TorchCpuGenerator, LatentsOfAKnownSeed) {
  TorchCpuGenerator generator(42);
  const std::vector<float> latents = draw(generator, 4 * 64 * 64);
  const std::vector<float> expected{1.92691529f, 1.48728406f, -0.752135277f, 0.76244539f,
                                    1.64231694f, 1.85633218f, -0.293406099f};
  const std::vector<size_t> places{0, 1, 8, 15, 16, 8191, 16383};
  for (size_t i = 0; i < places.size(); ++i) EXPECT_NEAR(latents[places[i]], expected[i], close);
}

// Seed 2^40 + 7: only its low 32 bits count.
TEST(TorchCpuGenerator, DoublesAndUniforms) {
  TorchCpuGenerator generator((uint64_t{1} << 40) + 7);
  std::vector<double> large(18), small(3);
  generator.fill_normal(std::span<double>(large));
  generator.fill_normal(std::span<double>(small));
  const std::vector<double> expected_large{
      0.066267539664499428, 0.046991555243924087, 0.45801695358702993, 1.6932749764073567,   1.457454937932726,
      1.9322148600102931,   -1.4418139927522924,  0.72776034787169763, -1.3131496578292892,  -0.32800017613670029,
      -0.15213162349367035, -2.6909171061771864,  1.7421050311620636,  -0.52396102071238604, -0.28387899021947915,
      0.45257550210102954,  -1.6677291342328766,  -1.5870322969308357};
  const std::vector<double> expected_small{-0.18827148228626306, 0.28268715134692357, 0.13053426110072325};
  for (size_t i = 0; i < large.size(); ++i) EXPECT_NEAR(large[i], expected_large[i], 1e-12);
  for (size_t i = 0; i < small.size(); ++i) EXPECT_NEAR(small[i], expected_small[i], 1e-12);
  std::vector<float> uniform(3);
  generator.fill_uniform(uniform);
  const std::vector<float> expected_uniform{0.592086256f, 0.535230637f, 0.668557465f};
  for (size_t i = 0; i < uniform.size(); ++i) EXPECT_EQ(uniform[i], expected_uniform[i]);
}

// What PyTorch's and cuRAND's sources say, written down once more from the definitions: the value at index i of a small
// tensor is the sine branch of words 0 and 1 of Philox(counter = (call, thread), key = seed).
double cuda_normal(uint64_t seed, uint32_t thread, uint32_t counter, int which) {
  const auto words =
      philox4x32({counter, 0, thread, 0}, {static_cast<uint32_t>(seed), static_cast<uint32_t>(seed >> 32)});
  const size_t pair = which < 2 ? 0 : 2;
  const double u = words[pair] * std::ldexp(1.0, -32) + std::ldexp(1.0, -33);
  const double angle = 2 * M_PI * (words[pair + 1] * std::ldexp(1.0, -32) + std::ldexp(1.0, -33));
  const double radius = std::sqrt(-2 * std::log(u));
  return radius * (which % 2 ? std::cos(angle) : std::sin(angle));
}

TEST(TorchCudaGenerator, OneValuePerThreadWhileTheGridCoversTheTensor) {
  TorchCudaGenerator generator(42);
  const std::vector<float> first = draw(generator, 16384);
  EXPECT_EQ(generator.offset(), 4u);
  const std::vector<float> second = draw(generator, 1000);
  EXPECT_EQ(generator.offset(), 8u);
  for (const uint32_t thread : {0u, 1u, 255u, 256u, 999u}) {
    EXPECT_NEAR(first[thread], cuda_normal(42, thread, 0, 0), 1e-5);
    EXPECT_NEAR(second[thread], cuda_normal(42, thread, 1, 0), 1e-5);
  }
}

// A GPU of 2 multiprocessors with 512 threads each: a grid of 1024 threads, of which each writes four values.
TEST(TorchCudaGenerator, LargeTensorsReuseTheGridsThreads) {
  TorchCudaGenerator generator(7, {2, 512});
  const size_t size = 2 * 4096 + 100;
  const std::vector<float> values = draw(generator, size);
  EXPECT_EQ(generator.offset(), 12u);  // three rounds of four
  for (const size_t index :
       {size_t{0}, size_t{1023}, size_t{1024}, size_t{2050}, size_t{4095}, size_t{4096}, size - 1}) {
    const auto round = static_cast<uint32_t>(index / 4096);
    const auto thread = static_cast<uint32_t>(index % 1024);
    EXPECT_NEAR(values[index], cuda_normal(7, thread, round, static_cast<int>(index / 1024 % 4)), 1e-5) << index;
  }
}

// Values from a GPU: PyTorch 2.11 on an H100, whose grid of 132 * 2048 threads writes 1,081,344 values a round. Its
// sine and logarithm are fast ones: they differ from ours by 1e-6 times the value at most.
TEST(TorchCudaGenerator, ValuesOfAGpu) {
  struct Draw {
    size_t size;
    uint64_t offset;  // of the generator afterwards
    std::vector<std::pair<size_t, float>> values;
  };
  const auto expect = [](uint64_t seed, const std::vector<Draw>& draws) {
    TorchCudaGenerator generator(seed, {.multiprocessors = 132, .threads_per_multiprocessor = 2048});
    for (const Draw& expected : draws) {
      const std::vector<float> values = draw(generator, expected.size);
      EXPECT_EQ(generator.offset(), expected.offset);
      for (const auto& [place, value] : expected.values) {
        EXPECT_NEAR(values[place], value, close * std::max(1.0f, std::abs(value))) << seed << " at " << place;
      }
    }
  };
  expect(42, {
                 {16384,
                  4,
                  {{0, 0.194018796f},
                   {1, 2.16137362f},
                   {255, -1.80097234f},
                   {256, -1.93512237f},
                   {4095, -1.253528f},
                   {16383, 0.08298859f}}},
                 {1000, 8, {{0, 0.139137551f}, {1, -0.108216636f}, {256, -1.17726517f}, {999, -0.732679963f}}},
             });
  expect((uint64_t{1} << 40) + 7,
         {
             {5, 4, {{0, -0.479049534f}, {1, -1.27825058f}, {2, -0.2415663f}, {4, 0.279523045f}}},
             {65536,
              8,
              {{0, -0.273270696f},
               {255, -0.400831729f},
               {256, -1.20372498f},
               {16383, -0.265890837f},
               {65535, 0.249390036f}}},
             {3, 12, {{0, -1.02265298f}, {1, 1.24237835f}, {2, 0.911067188f}}},
         });
  expect(7, {
                {1086344,
                 8,
                 {{0, -0.304847002f},
                  {1, 1.04533339f},
                  {270335, 0.119829707f},
                  {270336, 0.000291480072f},
                  {540672, 1.06787205f},
                  {811008, 1.78875721f},
                  {1081343, -1.20124042f},
                  {1081344, -1.28701162f},
                  {1086343, 1.24116433f}}},
                {4326153,
                 28,
                 {{0, 0.16960679f},
                  {270336, 3.19035029f},
                  {1081343, 1.95737636f},
                  {1081344, 1.3719312f},
                  {4325376, 0.132378951f},
                  {4325377, 0.00656469865f},
                  {4326152, 1.62292421f}}},
                {10, 32, {{0, 0.280002475f}, {1, 1.41013122f}, {9, 0.406187415f}}},
            });
}

TEST(NoiseStreams, AllAreStandardNormalAndRepeatable) {
  for (const char* name : {"philox", "torch-cpu", "torch-cuda"}) {
    const auto source = make_noise_source(parse_noise_kind(name), 5),
               again = make_noise_source(parse_noise_kind(name), 5);
    const auto other = make_noise_source(parse_noise_kind(name), 6);
    const std::vector<float> values = draw(*source, 40000);
    EXPECT_EQ(values, draw(*again, 40000)) << name;
    EXPECT_NE(values, draw(*other, 40000)) << name;
    double sum = 0, squares = 0, fourth = 0;
    for (const double value : values) sum += value, squares += value * value, fourth += value * value * value * value;
    const auto count = static_cast<double>(values.size());
    EXPECT_NEAR(sum / count, 0, 0.02) << name;
    EXPECT_NEAR(squares / count, 1, 0.03) << name;
    EXPECT_NEAR(fourth / count, 3, 0.3) << name;
  }
  EXPECT_THROW(parse_noise_kind("dice"), Error);
}

// Ours gives the same values however they are asked for.
TEST(NoiseStreams, PhiloxDoesNotDependOnTheSizeOfTheDraws) {
  PhiloxNoise whole(9), parts(9);
  const std::vector<float> all = draw(whole, 11);
  std::vector<float> pieces = draw(parts, 3);
  for (const float value : draw(parts, 8)) pieces.push_back(value);
  EXPECT_EQ(all, pieces);
}

}  // namespace
}  // namespace diptych::diffusion
