// What the process takes from the system beside what the arena counts and the plan predicts: little.
#include <fstream>
#include <functional>
#include <string>

#include "engine/diffusion/memory_plan.h"
#include "engine/telemetry/memory.h"
#include "tests/engine/diffusion/image_testing.h"

namespace diptych::diffusion {
namespace {

using testing::case_pipeline;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool sanitized = true;
#elif defined(__has_feature)
constexpr bool sanitized = __has_feature(address_sanitizer) || __has_feature(thread_sanitizer);
#else
constexpr bool sanitized = false;
#endif

// By how much the process was larger meanwhile than before; below 0 where the system does not count anew.
int64_t largest_growth(const std::function<void()>& work) {
  std::ofstream reset("/proc/self/clear_refs");
  if (!(reset << 5 << std::flush)) return -1;  // VmHWM begins again at what is resident now
  const int64_t before = telemetry::read_system_memory().resident_bytes;
  work();
  return telemetry::read_system_memory().resident_peak_bytes - before;
}

MemoryQuestion large_pictures(const std::string& name) {
  MemoryQuestion question{.model = name, .load = {}, .request = testing::fox_request(), .threads = 2};
  question.request.width = question.request.height = 64;
  question.request.steps = 1;
  question.request.images = 128;
  question.load = [name](Context& ctx, const ImageStreaming& streaming) { return case_pipeline(ctx, name, streaming); };
  return question;
}

class ResidentMemory : public ::testing::TestWithParam<const char*> {};

TEST_P(ResidentMemory, IsNearlyWhatIsPredicted) {
  if (sanitized) GTEST_SKIP() << "sanitizers keep memory of their own";
  const MemoryQuestion question = large_pictures(GetParam());
  const auto run = [&](const MemorySavings& savings, int64_t width) {
    Context ctx(cpu_device, 2);
    ImageRequest request = question.request;
    request.width = width;
    apply(savings, request);
    testing::make(ctx, question.load(ctx, streaming_of(savings)), request);
  };
  run({}, 32);                          // code and threads
  constexpr int64_t beside = 24 << 20;  // pictures, noise, what the C library keeps of earlier tests
  for (const MemorySavings& savings : {MemorySavings{}, MemorySavings{true, true, true, true, 0}}) {
    const auto predicted = static_cast<double>(predicted_memory(question, savings).peak_bytes());
    const int64_t grown = largest_growth([&] { run(savings, question.request.width); });
    if (grown < 0) GTEST_SKIP() << "the system does not count the largest size anew";
    EXPECT_LE(static_cast<double>(grown), 1.05 * predicted + beside) << savings_text(savings);
    EXPECT_GE(static_cast<double>(grown), 0.8 * predicted - beside) << savings_text(savings);
    EXPECT_GT(predicted, 3 * beside) << "too little to say much";
  }
}

INSTANTIATE_TEST_SUITE_P(Families, ResidentMemory, ::testing::Values("pipeline_sd15"),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace diptych::diffusion
