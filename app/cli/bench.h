// What the benchmarks' commands share: how results are printed and with how many threads they are made.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/bench/report.h"

namespace CLI {
class App;
}

namespace diptych::cli {

struct BenchOutput {
  bool json = false, csv = false, markdown = false;

  void add_to(CLI::App& command);
  // Markdown where nothing else was asked for: it reads well on a terminal too.
  void print(const bench::Report& report, const std::vector<bench::Column>& columns) const;
};

// An option that takes a list: "-p 128 512", "-p 128,512" or "-p 128 -p 512".
struct NumberList {
  std::vector<std::string> words;

  void add_to(CLI::App& command, const std::string& flags, const std::string& help);
  // Each number once, in the order given. The parser gives a list all the words up to the next option; a last word that
  // is no number was meant as the positional argument and goes to `positional` if that is empty. Error
  // (invalid_argument) for any other word and for numbers outside [least, most].
  std::vector<int64_t> numbers(int64_t least, int64_t most, std::string* positional = nullptr) const;

 private:
  std::string flags_;
};

// --threads N …; all usable cores where none is given.
struct BenchThreads {
  NumberList list;

  void add_to(CLI::App& command);
  std::vector<int> counts(std::string* positional = nullptr) const;
};

// --device, which must be one that computes: Error (unsupported) for cuda in this build, (invalid_argument) for meta.
void check_bench_device(const std::string& device);

void add_bench_compare(CLI::App& bench);
void add_bench_image(CLI::App& bench);
void add_bench_kernels(CLI::App& bench);
void add_bench_llm(CLI::App& bench);
void add_bench_roofline(CLI::App& bench);
void add_bench_train(CLI::App& bench);

}  // namespace diptych::cli
