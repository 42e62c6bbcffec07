// TensorBoard's event files: records of TensorFlow (length, its masked CRC-32C, bytes, theirs), each an Event of
// tensorflow/core/util/event.proto, written by hand as it has few fields.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

namespace diptych::train {

struct ScalarValue {
  std::string_view tag;
  double value;
};

std::string event_record(double wall_time_s, int64_t step, std::span<const ScalarValue> values);
std::string version_record(double wall_time_s);  // the first of a file

// The records of `file` up to the first that is damaged or cut off, without those of steps after `last_step`.
std::string records_until(std::string_view file, int64_t last_step);

// The event file of a folder that a run goes on with; a new name where there is none.
std::filesystem::path find_event_file(const std::filesystem::path& folder, double wall_time_s);

}  // namespace diptych::train
