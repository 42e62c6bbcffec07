// Energy that the machine has used, as far as it lets that be read.
#pragma once

#include <optional>
#include <string>

namespace diptych::telemetry {

class PowerSource {
 public:
  virtual ~PowerSource() = default;
  virtual std::optional<double> joules() = 0;  // a counter that only grows; unset: not readable. Any thread
  virtual std::string source() const = 0;      // of the counter, or why there is none and what to do. Any thread
};

}  // namespace diptych::telemetry
