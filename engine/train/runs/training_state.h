// Where a training run stands, besides its tensors: small enough for JSON.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace diptych::train {

struct TrainingState {
  int64_t step = 0;      // steps done
  int64_t epoch = 0;     // epochs done
  int64_t position = 0;  // records of the current epoch that were used
  uint64_t seed = 0;
  std::map<std::string, uint64_t> random_counters = {};  // of each random stream that counts: its next index
  std::string recipe_hash = {};                          // of all that decides what the next step computes
  std::vector<double> losses = {};                       // of each step so far; not finite: none
};

void write_training_state(const std::filesystem::path& path, const TrainingState& state);
TrainingState read_training_state(const std::filesystem::path& path);  // Error (invalid_file) names the field

int64_t training_state_bytes(int64_t steps);  // at most, after so many

}  // namespace diptych::train
