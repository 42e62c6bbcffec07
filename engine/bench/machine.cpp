#include "engine/bench/machine.h"

#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>

#include "engine/core/parallel.h"
#include "kernels/cpu/instruction_sets.h"

namespace diptych::bench {
namespace {

std::string cpu_name() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);) {
    const size_t colon = line.find(':');
    if (line.starts_with("model name") && colon != std::string::npos) {
      const size_t begin = line.find_first_not_of(' ', colon + 1);
      return begin == std::string::npos ? std::string() : line.substr(begin);
    }
  }
  return "unknown";  // Arm gives numbers of parts, not names
}

std::string system_name() {
  utsname names{};
  if (uname(&names) != 0) return "unknown";
  return std::string(names.sysname) + " " + names.release + " " + names.machine;
}

int64_t l3_size() {
#ifdef _SC_LEVEL3_CACHE_SIZE
  return std::max<int64_t>(0, sysconf(_SC_LEVEL3_CACHE_SIZE));
#else
  return 0;
#endif
}

}  // namespace

Machine this_machine() {
  Machine machine;
  machine.cpu = cpu_name();
  machine.instruction_set = std::string(kernels::cpu::instruction_set());
  machine.system = system_name();
  machine.usable_cores = usable_cores();
  machine.l3_bytes = l3_size();
  machine.memory_bytes = std::max<int64_t>(0, sysconf(_SC_PHYS_PAGES)) * std::max<int64_t>(0, sysconf(_SC_PAGESIZE));
  double load = 0;
  if (getloadavg(&load, 1) == 1) machine.load_average = load;
  return machine;
}

}  // namespace diptych::bench
