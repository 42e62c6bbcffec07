// What the system says of the processor.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace diptych::telemetry {

struct Cache {
  int level = 0;
  std::string kind;  // "Data", "Instruction", "Unified"
  int64_t bytes = 0;
  int shared_by = 1;  // logical processors
};

struct Processor {
  std::string model;          // "AMD EPYC 7B13"; the architecture where the system tells no more
  int logical = 0;            // that are on
  int cores = 0;              // physical; 0: not known
  int packages = 0;           // 0: not known
  std::vector<Cache> caches;  // of the first core
  double quota = 0;           // logical processors' worth of time that a container may use; 0: no limit
};

// `root`: of the file systems that are read, for tests. Nothing is required: what is not there stays at its default.
Processor read_processor(const std::filesystem::path& root = "/");

// How much of the machine is in use, by whatever program.
class ProcessorLoad {
 public:
  explicit ProcessorLoad(std::filesystem::path root = "/") : root_(std::move(root)) {}
  double used();  // share of all processors' time since the last call, 0 to 1; 1 at the first, and where nothing tells

 private:
  std::filesystem::path root_;
  uint64_t used_ticks_ = 0, all_ticks_ = 0;
};

}  // namespace diptych::telemetry
