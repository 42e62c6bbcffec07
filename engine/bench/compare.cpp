#include "engine/bench/compare.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include "engine/core/error.h"

namespace diptych::bench {
namespace {

using nlohmann::json;

struct Measure {
  const char* field;
  bool more_is_better;
};
// The first that a row has is compared.
constexpr std::array measures{Measure{"tokens_per_s", true}, Measure{"images_per_s", true},
                              Measure{"requests_per_s", true}, Measure{"seconds_per_step", false},
                              Measure{"time_us", false}};

// What tells rows apart, in the order in which it is written.
constexpr std::array identity{"test", "kernel", "component", "recipe", "ceiling"};

struct Row {
  std::string name;
  Measure measure{};
  Summary summary;
};

[[noreturn]] void fail(const std::string& path, const std::string& why) {
  throw Error(ErrorCategory::invalid_file, "cannot compare", path, why,
              "give two files that 'diptych bench … --json' wrote");
}

double positive(const json& value, const std::string& path, const std::string& field) {
  if (!value.is_number() || !std::isfinite(value.get<double>()) || value.get<double>() <= 0) {
    fail(path, field + " is no positive number");
  }
  return value.get<double>();
}

std::string name_of(const json& row) {
  std::string name;
  const auto append = [&](const std::string& part) { name += (name.empty() ? "" : ", ") + part; };
  for (const char* key : identity) {
    if (const auto value = row.find(key); value != row.end() && value->is_string()) append(value->get<std::string>());
  }
  if (const auto threads = row.find("threads"); threads != row.end() && threads->is_number_integer()) {
    append(threads->dump() + (*threads == 1 ? " thread" : " threads"));
  }
  if (const auto device = row.find("device"); device != row.end() && device->is_string() && *device != "cpu") {
    append(device->get<std::string>());
  }
  return name;
}

Summary summary_of(const json& row, const char* field, const std::string& path) {
  if (const auto samples = row.find("samples"); samples != row.end()) {
    if (!samples->is_array() || samples->empty()) fail(path, "samples is no list of numbers");
    std::vector<double> values;
    for (const json& sample : *samples) values.push_back(positive(sample, path, "a sample"));
    return summarize(values);
  }
  constexpr int64_t usual_repeats = 3;
  Summary summary{.count = usual_repeats, .mean = positive(row[field], path, field)};
  const auto deviation = row.find(std::string(field) + "_stddev");
  if (deviation == row.end() || !deviation->is_number() || !(deviation->get<double>() >= 0)) {
    summary.count = 1;  // nothing is known of the spread
    return summary;
  }
  summary.stddev = deviation->get<double>();
  if (const auto repeat = row.find("repeat"); repeat != row.end() && repeat->is_number_integer()) {
    summary.count = std::max<int64_t>(1, repeat->get<int64_t>());
  }
  return summary;
}

std::vector<Row> rows_of(const json& report, const std::string& path) {
  const auto list = report.is_object() ? report.find("rows") : report.end();
  if (!report.is_object() || list == report.end() || !list->is_array() || list->empty()) fail(path, "it has no rows");
  std::vector<Row> rows;
  for (const json& row : *list) {
    const auto measure =
        std::find_if(measures.begin(), measures.end(), [&](const Measure& m) { return row.contains(m.field); });
    if (measure == measures.end()) fail(path, "a row says no speed");
    rows.push_back({name_of(row), *measure, summary_of(row, measure->field, path)});
  }
  return rows;
}

Comparison compare_rows(const Row& before, const Row& after, const CompareOptions& options) {
  Comparison result{.row = before.name,
                    .measure = before.measure.field,
                    .before = before.summary.mean,
                    .after = after.summary.mean,
                    .interval = {}};
  const bool more = before.measure.more_is_better;
  const Summary &base = more ? before.summary : after.summary, &other = more ? after.summary : before.summary;
  result.speedup = other.mean / base.mean;
  result.interval = ratio_interval(base, other, options.confidence);
  if (result.interval.high < 1 - options.tolerance) result.verdict = Verdict::slower;
  if (result.interval.low > 1 + options.tolerance) result.verdict = Verdict::faster;
  return result;
}

json part_of(const json& report, const char* field) {
  const auto machine = report.find("machine");
  return machine != report.end() && machine->is_object() ? machine->value(field, json()) : json();
}

}  // namespace

const char* verdict_name(Verdict verdict) {
  constexpr std::array names{"faster", "slower", "unchanged"};
  return names[static_cast<size_t>(verdict)];
}

bool CompareResult::regressed() const {
  return std::any_of(rows.begin(), rows.end(), [](const Comparison& row) { return row.verdict == Verdict::slower; });
}

CompareResult compare_reports(const json& before, const std::string& before_path, const json& after,
                              const std::string& after_path, const CompareOptions& options) {
  std::multimap<std::string, Row> left;  // a report may hold the same row twice: they are paired in their order
  for (const Row& row : rows_of(before, before_path)) left.emplace(row.name + '\n' + row.measure.field, row);
  CompareResult result;
  for (const Row& row : rows_of(after, after_path)) {
    const auto match = left.find(row.name + '\n' + row.measure.field);
    if (match == left.end()) {
      result.only_after.push_back(row.name);
      continue;
    }
    result.rows.push_back(compare_rows(match->second, row, options));
    left.erase(match);
  }
  for (const auto& [key, row] : left) result.only_before.push_back(row.name);
  result.same_machine = part_of(before, "cpu") == part_of(after, "cpu") &&
                        part_of(before, "instruction_set") == part_of(after, "instruction_set");
  return result;
}

}  // namespace diptych::bench
