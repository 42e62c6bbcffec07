// diptych bench compare: two reports, row by row. Status 1 where the second is slower for sure.
#include <CLI/CLI.hpp>
#include <cmath>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "app/cli/bench.h"
#include "engine/bench/compare.h"
#include "engine/io/formats/json_text.h"

namespace diptych::cli {
namespace {

struct BenchCompareOptions {
  std::string before, after;
  double confidence_percent = 95, tolerance_percent = 1;
  bool json = false;
};

// JSON has no infinity: a limit that nothing is known of is null.
nlohmann::ordered_json limit(double value) {
  return std::isfinite(value) ? nlohmann::ordered_json(value) : nlohmann::ordered_json();
}

void print_json(const bench::CompareResult& result, const BenchCompareOptions& options) {
  nlohmann::ordered_json json{{"confidence_percent", options.confidence_percent},
                              {"tolerance_percent", options.tolerance_percent},
                              {"same_machine", result.same_machine},
                              {"regressed", result.regressed()},
                              {"rows", nlohmann::ordered_json::array()},
                              {"only_before", result.only_before},
                              {"only_after", result.only_after}};
  for (const bench::Comparison& row : result.rows) {
    json["rows"].push_back({{"row", row.row},
                            {"measure", row.measure},
                            {"before", row.before},
                            {"after", row.after},
                            {"speedup", row.speedup},
                            {"speedup_low", limit(row.interval.low)},
                            {"speedup_high", limit(row.interval.high)},
                            {"verdict", verdict_name(row.verdict)}});
  }
  std::printf("%s\n", json.dump(2).c_str());
}

void print_table(const bench::CompareResult& result, const BenchCompareOptions& options) {
  std::printf(
      "| row | measure | before | after | speedup | %g %% interval | verdict |\n|---|---|---:|---:|---:|---|---|\n",
      options.confidence_percent);
  for (const bench::Comparison& row : result.rows) {
    char interval[64] = "unknown: a single run";
    if (std::isfinite(row.interval.high)) {
      std::snprintf(interval, sizeof interval, "%.3f–%.3f", row.interval.low, row.interval.high);
    }
    std::printf("| %s | %s | %.2f | %.2f | %.3f | %s | %s |\n", row.row.c_str(), row.measure.c_str(), row.before,
                row.after, row.speedup, interval, verdict_name(row.verdict));
  }
}

void run(const BenchCompareOptions& options) {
  const auto result = bench::compare_reports(
      read_json_file(options.before), options.before, read_json_file(options.after), options.after,
      {.confidence = options.confidence_percent / 100, .tolerance = options.tolerance_percent / 100});
  if (options.json) {
    print_json(result, options);
  } else {
    print_table(result, options);
  }
  if (!result.same_machine) std::fprintf(stderr, "the reports come from different machines\n");
  for (const std::string& row : result.only_before) std::fprintf(stderr, "only in the first: %s\n", row.c_str());
  for (const std::string& row : result.only_after) std::fprintf(stderr, "only in the second: %s\n", row.c_str());
  if (result.regressed()) throw CLI::RuntimeError(1);
}

}  // namespace

void add_bench_compare(CLI::App& bench) {
  auto options = std::make_shared<BenchCompareOptions>();
  CLI::App* command = bench.add_subcommand("compare", "Compare two JSON reports; status 1 on a significant regression");
  command->add_option("before", options->before, "Report of the older version")->required();
  command->add_option("after", options->after, "Report of the newer version")->required();
  command->add_option("--confidence", options->confidence_percent, "Of the intervals, in percent")
      ->check(CLI::Range(50.0, 99.99))
      ->capture_default_str();
  command->add_option("--tolerance", options->tolerance_percent, "A smaller change counts as none, in percent")
      ->check(CLI::Range(0.0, 99.0))
      ->capture_default_str();
  command->add_flag("--json", options->json, "Print one JSON document");
  command->callback([options] { run(*options); });
}

}  // namespace diptych::cli
