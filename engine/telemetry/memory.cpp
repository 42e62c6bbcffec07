#include "engine/telemetry/memory.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

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

// This process's group and those that it is in, outermost first. `controller`: as /proc/self/cgroup names it, empty for
// version 2. A container sees its own as the root.
std::vector<fs::path> groups_of_process(const fs::path& root, const fs::path& mount, const std::string& controller) {
  std::vector<fs::path> groups{root / mount};
  std::ifstream lines(root / "proc/self/cgroup");
  const std::string wanted = ":" + controller + ":/";
  for (std::string line; std::getline(lines, line);) {
    const size_t at = line.find(wanted);
    if (at == std::string::npos || line.find(':') != at) continue;
    for (const fs::path& part : fs::path(line.substr(at + wanted.size()))) {
      if (part == "..") return {groups.front()};  // outside of what is seen here
      if (!part.empty()) groups.push_back(groups.back() / part);
    }
  }
  return groups;
}

// Of a process's groups the one with the least room.
GroupMemory tightest(const std::vector<fs::path>& groups, const char* limit, const char* used) {
  GroupMemory tightest;
  fs::path stat;
  for (const fs::path& path : groups) {
    const GroupMemory group{read_number(path / limit), read_number(path / used), 0};
    if (tightest.limit_bytes >= 0 && group.limit_bytes < 0) continue;
    if (tightest.limit_bytes >= 0 &&
        group.limit_bytes - group.used_bytes >= tightest.limit_bytes - tightest.used_bytes) {
      continue;
    }
    tightest = group;
    stat = path / "memory.stat";
  }
  // Cached file pages count as used there but are given back on demand. Version 1 also sums up the groups inside.
  std::ifstream lines(stat);
  std::string name;
  int64_t value = 0;
  while (lines >> name >> value) {
    if (name == "inactive_file" || name == "active_file") tightest.cached_bytes += value;
  }
  return tightest;
}

// Control groups of version 2, or those of version 1 where there are still any.
GroupMemory read_group(const fs::path& root) {
  const GroupMemory two = tightest(groups_of_process(root, "sys/fs/cgroup", ""), "memory.max", "memory.current");
  if (two.limit_bytes >= 0 || two.used_bytes >= 0) return two;
  return tightest(groups_of_process(root, "sys/fs/cgroup/memory", "memory"), "memory.limit_in_bytes",
                  "memory.usage_in_bytes");
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
  std::ifstream status(root / "proc/self/status");
  while (status >> name && std::getline(status, unit)) {
    if (name == "VmHWM:") memory.resident_peak_bytes = std::strtoll(unit.c_str(), nullptr, 10) * 1024;
  }
  std::ifstream statm(root / "proc/self/statm");
  int64_t size = 0, resident = 0;
  if (statm >> size >> resident) memory.resident_bytes = resident * sysconf(_SC_PAGESIZE);
  return memory;
}

}  // namespace diptych::telemetry
