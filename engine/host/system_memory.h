// Memory of the machine and of this process, from /proc.
#pragma once

#include <cstdint>

namespace diptych::host {

struct SystemMemory {
  int64_t total_bytes = 0;
  int64_t available_bytes = 0;  // that programs may take without swapping
  int64_t resident_bytes = 0;   // this process
};

SystemMemory read_system_memory();  // a container's limit counts where it is lower

}  // namespace diptych::host
