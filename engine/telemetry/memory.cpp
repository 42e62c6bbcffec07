#include "engine/telemetry/memory.h"

#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <string>

namespace diptych::telemetry {
namespace fs = std::filesystem;
namespace {

// -1 where there is no such file or it says "max".
int64_t read_number(const fs::path& path) {
  std::ifstream file(path);
  int64_t value = -1;
  return file >> value ? value : -1;
}

struct GroupMemory {
  int64_t limit_bytes = -1, used_bytes = -1, cached_bytes = 0;
};

// Control groups of version 2, or those of version 1 where there are still any.
GroupMemory read_group(const fs::path& root) {
  const fs::path two = root / "sys/fs/cgroup", one = two / "memory";
  GroupMemory group{read_number(two / "memory.max"), read_number(two / "memory.current"), 0};
  fs::path stat = two / "memory.stat";
  if (group.limit_bytes < 0 && group.used_bytes < 0) {
    group.limit_bytes = read_number(one / "memory.limit_in_bytes");
    group.used_bytes = read_number(one / "memory.usage_in_bytes");
    stat = one / "memory.stat";
  }
  // Cached file pages count as used there but are given back on demand.
  std::ifstream lines(stat);
  std::string name;
  int64_t value = 0;
  while (lines >> name >> value) {
    if (name == "inactive_file" || name == "active_file") group.cached_bytes += value;
  }
  return group;
}

}  // namespace

SystemMemory read_system_memory(const fs::path& root) {
  SystemMemory memory;
  std::ifstream info(root / "proc/meminfo");
  std::string name, unit;
  int64_t kib = 0;
  while (info >> name >> kib && std::getline(info, unit)) {
    if (name == "MemTotal:") memory.total_bytes = kib * 1024;
    if (name == "MemAvailable:") memory.available_bytes = kib * 1024;
  }
  memory.machine_bytes = memory.total_bytes;
  const GroupMemory group = read_group(root);
  if (group.limit_bytes > 0 && group.limit_bytes < memory.total_bytes) {
    memory.limit_bytes = memory.total_bytes = group.limit_bytes;
    if (group.used_bytes >= 0) {
      memory.available_bytes = std::clamp<int64_t>(group.limit_bytes - group.used_bytes + group.cached_bytes, 0,
                                                   std::min(memory.available_bytes, group.limit_bytes));
    }
  }
  std::ifstream statm(root / "proc/self/statm");
  int64_t size = 0, resident = 0;
  if (statm >> size >> resident) memory.resident_bytes = resident * sysconf(_SC_PAGESIZE);
  return memory;
}

}  // namespace diptych::telemetry
