// diptych bench: the group of benchmarks, and what they share.
#include "app/cli/bench.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <cstdio>

#include "app/cli/commands.h"
#include "engine/core/device.h"
#include "engine/core/error.h"
#include "engine/core/parallel.h"

namespace diptych::cli {

void BenchOutput::add_to(CLI::App& command) {
  CLI::Option* as_json = command.add_flag("--json", json, "Print one JSON document");
  CLI::Option* as_csv = command.add_flag("--csv", csv, "Print comma-separated values")->excludes(as_json);
  command.add_flag("--md", markdown, "Print a Markdown table (the default)")->excludes(as_json)->excludes(as_csv);
}

void BenchOutput::print(const bench::Report& report, const std::vector<bench::Column>& columns) const {
  std::string text;
  if (json) {
    text = to_json(report).dump(2) + '\n';
  } else if (csv) {
    text = to_csv(report);
  } else {
    text = to_markdown(report, columns);
  }
  std::fputs(text.c_str(), stdout);
}

void NumberList::add_to(CLI::App& command, const std::string& flags, const std::string& help) {
  flags_ = flags.substr(0, flags.find(','));
  command.add_option(flags, words, help)->delimiter(',');
}

std::vector<int64_t> NumberList::numbers(int64_t least, int64_t most, std::string* positional) const {
  std::vector<int64_t> numbers;
  for (const std::string& word : words) {
    int64_t number = 0;
    const auto [stop, error] = std::from_chars(word.data(), word.data() + word.size(), number);
    if (error == std::errc() && stop == word.data() + word.size() && number >= least && number <= most) {
      if (std::find(numbers.begin(), numbers.end(), number) == numbers.end()) numbers.push_back(number);
    } else if (positional != nullptr && positional->empty() && &word == &words.back() && words.size() > 1) {
      *positional = word;
    } else {
      throw Error(ErrorCategory::invalid_argument, "wrong usage", flags_ + " " + word,
                  "it is no number from " + std::to_string(least) + " to " + std::to_string(most),
                  "see 'diptych bench --help'");
    }
  }
  return numbers;
}

void BenchThreads::add_to(CLI::App& command) {
  list.add_to(command, "--threads", "Threads to compute with, one or more numbers (default: every core)");
}

std::vector<int> BenchThreads::counts(std::string* positional) const {
  const std::vector<int64_t> numbers = list.numbers(1, 1024, positional);
  if (numbers.empty()) return {usable_cores()};
  return {numbers.begin(), numbers.end()};
}

void check_bench_device(const std::string& device) {
  switch (parse_device(device).kind) {
    case DeviceKind::cpu:
      return;
    case DeviceKind::meta:
      throw Error(ErrorCategory::invalid_argument, "cannot measure on device", device, "it computes nothing",
                  "use --device cpu");
    case DeviceKind::cuda:
      throw Error(ErrorCategory::unsupported, "cannot use device", device, "this build has no CUDA backend",
                  "use --device cpu");
  }
}

void add_bench(CLI::App& root) {
  CLI::App* command = root.add_subcommand("bench", "Measure speed: models, kernels, the machine");
  command->require_subcommand(1);
  add_bench_llm(*command);
  add_bench_image(*command);
  add_bench_train(*command);
  add_bench_roofline(*command);
  add_bench_kernels(*command);
  add_bench_compare(*command);
}

}  // namespace diptych::cli
