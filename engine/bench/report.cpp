#include "engine/bench/report.h"

#include <algorithm>
#include <cstdio>

namespace diptych::bench {
namespace {

ordered_json machine_json(const Report& report) {
  const Machine& machine = report.machine;
  ordered_json out{{"cpu", machine.cpu},
                   {"instruction_set", machine.instruction_set},
                   {"system", machine.system},
                   {"usable_cores", machine.usable_cores},
                   {"l3_bytes", machine.l3_bytes},
                   {"memory_bytes", machine.memory_bytes},
                   {"load_average", machine.load_average},
                   {"roofline", ordered_json::array()}};
  for (const auto& roofline : report.rooflines) {
    out["roofline"].push_back({{"threads", roofline.threads},
                               {"dram_read_gb_s", roofline.dram_read_gb_per_s},
                               {"f32_gflop_s", roofline.f32_gflop_per_s},
                               {"int8_gop_s", roofline.int8_gop_per_s}});
  }
  return out;
}

// Quoted where the text would otherwise be read as more than one field (RFC 4180).
std::string csv_field(const ordered_json& value) {
  if (!value.is_string()) return value.dump();
  const auto& text = value.get_ref<const std::string&>();
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted(1, '"');
  for (const char c : text) {
    if (c == '"') quoted.push_back('"');
    quoted.push_back(c);
  }
  quoted.push_back('"');
  return quoted;
}

std::string fixed(double value, int digits) {
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", digits, value);
  return text;
}

std::string cell(const ordered_json& row, const Column& column) {
  const auto value = row.find(column.key);
  if (value == row.end() || value->is_null()) return "";
  if (value->is_string()) return value->get<std::string>();
  if (value->is_number_integer()) return value->dump();
  std::string text = fixed(value->get<double>(), column.digits);
  if (!column.deviation.empty() && row.contains(column.deviation)) {
    text += " ± " + fixed(row[column.deviation].get<double>(), column.digits);
  }
  return text;
}

}  // namespace

const kernels::bench::Roofline& Report::roofline(int threads) {
  const auto known =
      std::find_if(rooflines.begin(), rooflines.end(), [&](const auto& entry) { return entry.threads == threads; });
  if (known != rooflines.end()) return *known;
  return rooflines.emplace_back(kernels::bench::measure_roofline(threads));
}

ordered_json to_json(const Report& report) {
  return {{"benchmark", report.benchmark},
          {"machine", machine_json(report)},
          {"model", report.model},
          {"rows", report.rows}};
}

void add_achieved(ordered_json& row, const Achieved& reached) {
  row["bandwidth_gb_s"] = reached.bandwidth_gb_s;
  row["gflop_s"] = reached.gflop_s;
  row["roofline_percent"] = reached.roofline_percent;
  row["bandwidth_percent"] = reached.bandwidth_percent;
  row["compute_percent"] = reached.compute_percent;
}

std::string to_csv(const Report& report) {
  if (report.rows.empty()) return "";
  std::vector<std::string> keys;
  for (const auto& [key, value] : report.rows.front().items()) {
    if (value.is_primitive()) keys.push_back(key);
  }
  std::string text;
  for (const std::string& key : keys) {
    if (!text.empty()) text += ',';
    text += key;
  }
  text += '\n';
  for (const auto& row : report.rows) {
    for (size_t i = 0; i < keys.size(); ++i) {
      if (i > 0) text += ',';
      if (row.contains(keys[i])) text += csv_field(row[keys[i]]);
    }
    text += '\n';
  }
  return text;
}

std::string to_markdown(const Report& report, const std::vector<Column>& columns) {
  std::string head = "|", rule = "|", body;
  for (const Column& column : columns) {
    const bool text = report.rows.empty() ||
                      (report.rows.front().contains(column.key) && report.rows.front()[column.key].is_string());
    head.append(" ").append(column.title).append(" |");
    rule += text ? "---|" : "---:|";
  }
  for (const auto& row : report.rows) {
    body += "|";
    for (const Column& column : columns) body.append(" ").append(cell(row, column)).append(" |");
    body += '\n';
  }
  return head + '\n' + rule + '\n' + body;
}

}  // namespace diptych::bench
