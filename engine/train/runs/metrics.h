// What a run measures at each step, as lines of JSON, as CSV and as TensorBoard's events.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>

namespace diptych::train {

struct StepMetrics {
  int64_t step = 0;  // from 1
  double loss = 0;
  double grad_norm = 0;  // before clipping
  double learning_rate = 0;
  std::optional<double> tokens_per_s = {}, images_per_s = {};
  int64_t memory_bytes = 0;                    // the largest so far
  std::optional<double> validation_loss = {};  // at the steps that have one
};

// Empty: not written.
struct MetricsFiles {
  std::filesystem::path jsonl;        // a file
  std::filesystem::path csv;          // a file
  std::filesystem::path tensorboard;  // a folder
};

// Each step is on its way to the disk when write() returns, so that others can follow. Error (io).
class MetricsWriter {
 public:
  // Goes on behind `resumed_step`: what the files say of later steps is dropped, and a last line that a kill cut off.
  // 0: the files begin anew.
  MetricsWriter(const MetricsFiles& files, int64_t resumed_step);
  ~MetricsWriter();

  void write(const StepMetrics& metrics);

 private:
  struct Sinks;
  std::unique_ptr<Sinks> sinks_;
};

}  // namespace diptych::train
