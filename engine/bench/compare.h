// Two reports of the same benchmark, row by row: how much faster the second is, and how sure that is.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "engine/bench/statistics.h"

namespace diptych::bench {

enum class Verdict { faster, slower, unchanged };
const char* verdict_name(Verdict verdict);  // "faster", …

struct Comparison {
  std::string row;      // "pp512, 2 threads"
  std::string measure;  // the field that was compared: "tokens_per_s"
  double before = 0, after = 0;
  double speedup = 1;  // after over before, or the inverse where less is better: above 1 is an improvement
  Interval interval;   // of the speedup
  Verdict verdict = Verdict::unchanged;
};

struct CompareOptions {
  double confidence = 0.95;
  double tolerance = 0.01;  // a smaller change is called unchanged, however certain
};

struct CompareResult {
  std::vector<Comparison> rows;
  std::vector<std::string> only_before, only_after;  // rows without a counterpart
  bool same_machine = true;                          // the same processor and instruction set

  bool regressed() const;
};

// Rows are matched by what they measure and how (test or kernel, threads, device, …). A row is slower where the whole
// interval lies below 1 - tolerance. Samples come from the row's "samples"; without them from the field's
// "…_stddev" and "repeat" (3 where the row does not say it). `before_path` and `after_path` name the
// documents in messages. Error (invalid_file): no rows, rows without a known measure, or values that are no positive
// numbers.
CompareResult compare_reports(const nlohmann::json& before, const std::string& before_path, const nlohmann::json& after,
                              const std::string& after_path, const CompareOptions& options);

}  // namespace diptych::bench
