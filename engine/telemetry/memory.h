// Memory of the machine and of this process, from /proc and the control group.
#pragma once

#include <cstdint>
#include <filesystem>

namespace diptych::telemetry {

struct SystemMemory {
  int64_t total_bytes = 0;          // a container's limit where that is lower
  int64_t available_bytes = 0;      // that programs may take without swapping
  int64_t resident_bytes = 0;       // this process
  int64_t resident_peak_bytes = 0;  // the most that it ever was
  int64_t machine_bytes = 0;        // of the machine, whatever the limit
  int64_t limit_bytes = 0;          // of the container; 0: none
};

// `root`: of the file systems that are read, for tests.
SystemMemory read_system_memory(const std::filesystem::path& root = "/");

}  // namespace diptych::telemetry
