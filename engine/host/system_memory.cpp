#include "engine/host/system_memory.h"

#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <string>

namespace diptych::host {
namespace {

// -1 where there is no such file or it says "max".
int64_t read_number(const char* path) {
  std::ifstream file(path);
  int64_t value = -1;
  return file >> value ? value : -1;
}

}  // namespace

SystemMemory read_system_memory() {
  SystemMemory memory;
  std::ifstream info("/proc/meminfo");
  std::string name, unit;
  int64_t kib = 0;
  while (info >> name >> kib && std::getline(info, unit)) {
    if (name == "MemTotal:") memory.total_bytes = kib * 1024;
    if (name == "MemAvailable:") memory.available_bytes = kib * 1024;
  }
  const int64_t limit = read_number("/sys/fs/cgroup/memory.max");
  const int64_t used = read_number("/sys/fs/cgroup/memory.current");
  if (limit > 0 && limit < memory.total_bytes) {
    memory.total_bytes = limit;
    // Cached file pages count as used there but are given back on demand.
    std::ifstream stat("/sys/fs/cgroup/memory.stat");
    int64_t value = 0, file_bytes = 0;
    while (stat >> name >> value) {
      if (name == "inactive_file" || name == "active_file") file_bytes += value;
    }
    if (used >= 0) memory.available_bytes = std::min(memory.available_bytes, limit - used + file_bytes);
  }
  std::ifstream statm("/proc/self/statm");
  int64_t size = 0, resident = 0;
  if (statm >> size >> resident) memory.resident_bytes = resident * sysconf(_SC_PAGESIZE);
  return memory;
}

}  // namespace diptych::host
