// Where tensors live and kernels run: `cpu`, `cuda:N`, or `meta`, which only computes shapes, memory and cost.
#pragma once

#include <string>
#include <string_view>

namespace diptych {

enum class DeviceKind { cpu, cuda, meta };

struct Device {
  DeviceKind kind = DeviceKind::cpu;
  int index = 0;

  friend bool operator==(const Device&, const Device&) = default;
};

inline constexpr Device cpu_device{DeviceKind::cpu, 0};
inline constexpr Device meta_device{DeviceKind::meta, 0};

std::string device_name(Device device);      // "cpu", "cuda:1", "meta"
Device parse_device(std::string_view name);  // Error (invalid_argument) names what is known

}  // namespace diptych
