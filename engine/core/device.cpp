#include "engine/core/device.h"

#include <charconv>

#include "engine/core/error.h"

namespace diptych {

std::string device_name(Device device) {
  switch (device.kind) {
    case DeviceKind::cpu:
      return "cpu";
    case DeviceKind::cuda:
      return "cuda:" + std::to_string(device.index);
    case DeviceKind::meta:
      return "meta";
  }
  return "unknown";
}

Device parse_device(std::string_view name) {
  if (name == "cpu") return cpu_device;
  if (name == "meta") return meta_device;
  if (name == "cuda") return {DeviceKind::cuda, 0};
  constexpr std::string_view prefix = "cuda:";
  if (name.starts_with(prefix)) {
    int index = -1;
    const char* end = name.data() + name.size();
    const auto [stop, error] = std::from_chars(name.data() + prefix.size(), end, index);
    if (error == std::errc{} && stop == end && index >= 0) return {DeviceKind::cuda, index};
  }
  throw Error(ErrorCategory::invalid_argument, "cannot choose device", std::string(name), "not a device name",
              "use cpu, cuda:N or meta");
}

}  // namespace diptych
