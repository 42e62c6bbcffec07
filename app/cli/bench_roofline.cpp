// diptych bench roofline: what this machine can do at most.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>

#include "app/cli/bench.h"
#include "app/cli/progress.h"
#include "engine/core/parallel.h"

namespace diptych::cli {
namespace {

struct BenchRooflineOptions {
  std::string device = "cpu";
  BenchThreads threads;
  BenchOutput output;
};

void run(const BenchRooflineOptions& options) {
  check_bench_device(options.device);
  std::vector<int> counts = options.threads.counts();
  if (options.threads.list.words.empty() && counts.front() > 1) counts.insert(counts.begin(), 1);
  bench::Report report{.benchmark = "roofline", .machine = bench::this_machine(), .rooflines = {}, .model = {}};
  ProgressLine progress;
  for (const int threads : counts) {
    progress.show("measuring with " + std::to_string(threads) + (threads == 1 ? " thread" : " threads"), true);
    const auto& roofline = report.roofline(threads);
    report.rows.push_back({{"threads", threads},
                           {"dram_read_gb_s", roofline.dram_read_gb_per_s},
                           {"f32_gflop_s", roofline.f32_gflop_per_s},
                           {"int8_gop_s", roofline.int8_gop_per_s}});
  }
  progress.clear();
  options.output.print(report, {{"threads", "threads", 0},
                                {"dram_read_gb_s", "DRAM read GB/s"},
                                {"f32_gflop_s", "f32 GFLOP/s"},
                                {"int8_gop_s", "int8 GOP/s"}});
}

}  // namespace

void add_bench_roofline(CLI::App& bench) {
  auto options = std::make_shared<BenchRooflineOptions>();
  CLI::App* command = bench.add_subcommand("roofline", "What this machine can read and compute at most, measured");
  command->add_option("--device", options->device, "cpu or cuda:N")->capture_default_str();
  options->threads.add_to(*command);
  options->output.add_to(*command);
  command->callback([options] { run(*options); });
}

}  // namespace diptych::cli
