// A benchmark's result as one JSON document, and the same rows as CSV and as a Markdown table.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "engine/bench/achieved.h"
#include "engine/bench/machine.h"

namespace diptych::bench {

using nlohmann::ordered_json;

struct Report {
  std::string benchmark;  // "llm", "kernels", "roofline"
  Machine machine;
  std::vector<kernels::bench::Roofline> rooflines;  // one per number of threads
  ordered_json model;                               // null where there is none
  ordered_json rows = ordered_json::array();        // flat objects but for lists of samples

  // The roofline of a number of threads; measured when first asked for.
  const kernels::bench::Roofline& roofline(int threads);
};

// {"benchmark", "machine": {…, "roofline": […]}, "model", "rows"}
ordered_json to_json(const Report& report);

// bandwidth_gb_s, gflop_s, roofline_percent, bandwidth_percent and compute_percent.
void add_achieved(ordered_json& row, const Achieved& reached);

// Every value of the rows that is no list; the first row says which columns there are.
std::string to_csv(const Report& report);

struct Column {
  std::string key, title;
  int digits = 1;           // behind the point, for numbers
  std::string deviation{};  // key of a value that stands behind ± in the same column
};
std::string to_markdown(const Report& report, const std::vector<Column>& columns);

}  // namespace diptych::bench
