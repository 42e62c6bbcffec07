// RAPL, the energy counters of x86 processors, as Linux shows them: one folder per domain below /sys/class/powercap,
// for Intel and AMD alike ("intel-rapl" is the name of the interface).
#pragma once

#include <cstdint>
#include <filesystem>
#include <mutex>
#include <string>
#include <vector>

#include "engine/telemetry/power.h"

namespace diptych::telemetry {

// The sum of all packages and, where the processor counts it apart, of their memory (dram). Not in it: parts of a
// package (core, uncore), which would be counted twice, and psys, the whole board, which only some laptops have.
class RaplPower final : public PowerSource {
 public:
  // What is there and readable is found out once, here.
  explicit RaplPower(std::filesystem::path powercap = "/sys/class/powercap");

  // Since the construction. A counter may wrap around once between two calls: at 200 W that is some five minutes.
  std::optional<double> joules() override;
  std::string source() const override;

 private:
  struct Domain {
    std::string name;  // "package-0", "dram of package-0"
    std::filesystem::path energy;
    uint64_t range_uj = 0;  // the counter wraps around behind this
    uint64_t last_uj = 0;
  };
  void find_domains(const std::string& prefix);
  bool add(const std::filesystem::path& folder, const std::string& name);

  const std::filesystem::path powercap_;
  mutable std::mutex mutex_;
  std::vector<Domain> domains_;
  std::string missing_;  // why nothing is read, or why not all of it
  uint64_t total_uj_ = 0;
};

}  // namespace diptych::telemetry
