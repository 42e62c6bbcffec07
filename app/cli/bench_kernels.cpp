// diptych bench kernels: every kernel against the measured roofline.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>

#include "app/cli/bench.h"
#include "app/cli/progress.h"
#include "engine/bench/statistics.h"
#include "engine/core/error.h"
#include "engine/ops/instruction_set.h"
#include "kernels/bench/kernel_bench.h"

namespace diptych::cli {
namespace {

struct BenchKernelsOptions {
  std::string device = "cpu", only, instruction_set;
  int repeats = 5;
  BenchThreads threads;
  BenchOutput output;
};

// The best time says what a kernel can do, other load only adds to it; the samples say how sure it is.
bench::ordered_json row_of(const kernels::bench::KernelTiming& timing, int threads, const BenchKernelsOptions& options,
                           const kernels::bench::Roofline& roofline) {
  std::vector<double> samples_us;
  for (const double seconds : timing.seconds) samples_us.push_back(seconds * 1e6);
  const double best = *std::min_element(timing.seconds.begin(), timing.seconds.end());
  bench::ordered_json row{{"kernel", timing.name},    {"threads", threads},
                          {"device", options.device}, {"repeat", timing.seconds.size()},
                          {"time_us", best * 1e6},    {"time_us_stddev", bench::summarize(samples_us).stddev},
                          {"samples", samples_us}};
  const Cost cost{.flops = timing.flops, .int8_flops = timing.int8 ? timing.flops : 0, .weight_bytes = timing.bytes};
  add_achieved(row, bench::achieved(cost, best, roofline));
  return row;
}

void run(const BenchKernelsOptions& options) {
  check_bench_device(options.device);
  if (!options.instruction_set.empty()) hold_instruction_set(options.instruction_set);
  bench::Report report{.benchmark = "kernels", .machine = bench::this_machine(), .rooflines = {}, .model = {}};
  ProgressLine progress;
  for (const int threads : options.threads.counts()) {
    progress.show("measuring what this machine can do", true);
    const auto roofline = report.roofline(threads);
    kernels::bench::run_kernel_bench({.threads = threads, .repeats = options.repeats, .only = options.only},
                                     [&](const kernels::bench::KernelTiming& timing) {
                                       report.rows.push_back(row_of(timing, threads, options, roofline));
                                       progress.show(timing.name);
                                     });
  }
  progress.clear();
  if (report.rows.empty()) {
    throw Error(ErrorCategory::invalid_argument, "cannot measure kernel", options.only, "no kernel's name contains it",
                "see the names with 'diptych bench kernels --repeat 1'");
  }
  options.output.print(report, {{"kernel", "kernel"},
                                {"threads", "threads"},
                                {"time_us", "µs"},
                                {"bandwidth_gb_s", "GB/s"},
                                {"gflop_s", "GFLOP/s"},
                                {"roofline_percent", "% of roofline"}});
}

}  // namespace

void add_bench_kernels(CLI::App& bench) {
  auto options = std::make_shared<BenchKernelsOptions>();
  CLI::App* command = bench.add_subcommand("kernels", "Every kernel at the shapes of real models");
  command->add_option("--only", options->only, "Kernels whose name contains this text");
  command->add_option("--isa", options->instruction_set,
                      "No better instruction set than this, e.g. avx2 (default: the best there is)");
  command->add_option("--repeat", options->repeats, "Times that each kernel is measured")
      ->check(CLI::Range(1, 100000))
      ->capture_default_str();
  command->add_option("--device", options->device, "cpu or cuda:N")->capture_default_str();
  options->threads.add_to(*command);
  options->output.add_to(*command);
  command->callback([options] { run(*options); });
}

}  // namespace diptych::cli
