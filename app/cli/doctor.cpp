// diptych doctor: what this machine offers, what of it is used, and what is in the way.
#include "app/cli/doctor.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "app/cli/commands.h"
#include "app/cli/progress.h"

namespace diptych::cli {
namespace {

using nlohmann::ordered_json;

ordered_json examine(Findings& findings) {
  ordered_json report{{"version", DIPTYCH_VERSION}};
  report["processor"] = doctor_processor(findings);
  report["memory"] = doctor_memory(findings);
  report["power"] = doctor_power();
  report["libraries"] = doctor_libraries();
  report["run_time_libraries"] = doctor_accelerators();
  report["acceleration"] = doctor_acceleration();
  report["folders"] = doctor_folders(findings);
  report["models"] = doctor_models(findings);
  report["host"] = doctor_host();
  report["window"] = doctor_window(findings);
  report["problems"] = findings.problems;
  report["notes"] = findings.notes;
  return report;
}

// One line per thing: a heading where a section begins, spaces below it.
class Page {
 public:
  void section(const char* title) { title_ = title; }
  void line(const std::string& text) {
    std::printf("%-14s %s\n", title_, text.c_str());
    title_ = "";
  }

 private:
  const char* title_ = "";
};

std::string text(const ordered_json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

std::string bytes(const ordered_json& value) {
  return human_bytes(value.get<uint64_t>());
}

// Caches are powers of two and are called by them.
std::string binary_size(int64_t value) {
  return value >= 1 << 20 ? std::to_string(value >> 20) + " MiB" : std::to_string(value >> 10) + " KiB";
}

void print_machine(Page& page, const ordered_json& report) {
  const ordered_json& processor = report["processor"];
  page.section("Processor");
  page.line(text(processor["model"]));
  std::string counts;
  if (!processor["cores"].is_null()) counts = text(processor["cores"]) + " cores, ";
  counts += text(processor["logical_processors"]) + " logical processors, computing with " +
            text(processor["threads"]) + " threads";
  if (!processor["limit_processors"].is_null()) {
    counts += "; limited to the time of " + text(processor["limit_processors"]);
  }
  page.line(counts);
  std::string others;
  for (const auto& name : processor["instruction_sets"]) {
    if (name != processor["instruction_set"]) others += " " + text(name);
  }
  const ordered_json& limit = processor["instruction_set_limit"];
  page.line("kernels on " + text(processor["instruction_set"]) +
            (limit.is_null() ? "" : ", held to it by DIPTYCH_CPU=" + text(limit)) +
            (others.empty() ? "" : " (also there:" + others + ")"));
  std::string caches;
  for (const auto& cache : processor["caches"]) {
    if (cache["kind"] == "Instruction") continue;
    caches += (caches.empty() ? "L" : ", L") + text(cache["level"]) + " " + binary_size(cache["bytes"].get<int64_t>());
  }
  if (!caches.empty()) page.line("caches " + caches);
  const ordered_json& memory = report["memory"];
  page.section("Memory");
  page.line(bytes(memory["total_bytes"]) + ", of it free " + bytes(memory["available_bytes"]) +
            (memory["limit_bytes"].is_null()
                 ? ""
                 : " (this container's limit; the machine has " + bytes(memory["machine_bytes"]) + ")"));
  page.line("huge pages: " + (memory["huge_pages"].is_null() ? std::string("not known") : text(memory["huge_pages"])));
  page.section("Power");
  page.line(report["power"]["readable"].get<bool>() ? text(report["power"]["source"])
                                                    : "not readable: " + text(report["power"]["reason"]));
}

void print_software(Page& page, const ordered_json& report) {
  page.section("Accelerated");
  for (const auto& row : report["acceleration"]) {
    if (row["accelerated"].get<bool>()) page.line(text(row["what"]) + ": " + text(row["how"]));
  }
  page.section("Not");
  for (const auto& row : report["acceleration"]) {
    if (!row["accelerated"].get<bool>()) page.line(text(row["what"]) + ": " + text(row["why"]));
  }
  page.section("Libraries");
  for (const auto& row : report["libraries"]) {
    page.line(text(row["name"]) + " " + text(row["version"]) + ", for " + text(row["use"]));
  }
  page.section("At run time");
  for (const auto& row : report["run_time_libraries"]) {
    page.line(text(row["name"]) + (row["found"].get<bool>() ? " " + text(row["path"]) : "") + ", for " +
              text(row["use"]) + ": " + text(row["why"]));
  }
}

void print_files(Page& page, const ordered_json& report) {
  page.section("Folders");
  for (const auto& row : report["folders"]) {
    std::string state = row["writable"].get<bool>() ? "writable" : "not writable: " + text(row["reason"]);
    if (!row["exists"].get<bool>()) state += ", not made yet";
    if (!row["free_bytes"].is_null()) state += ", " + bytes(row["free_bytes"]) + " free";
    page.line(text(row["what"]) + " " + text(row["path"]) + ": " + state);
  }
  page.section("Models");
  for (const auto& row : report["models"]) {
    page.line(text(row["path"]) + ": " +
              (row["error"].is_null() ? text(row["architecture"]) + ", " + text(row["quantization"]) : "not readable"));
  }
  if (report["models"].empty()) page.line("none");
  const ordered_json& host = report["host"];
  page.section("Host");
  page.line(host["running"].get<bool>()
                ? "running, pid " + text(host["pid"]) + ", http://" + text(host["address"]) + ":" + text(host["port"])
                : "not running");
  const ordered_json& window = report["window"];
  page.section("Window");
  page.line(text(window["program"]) + (window["present"].get<bool>() ? "" : " (not there)") + ", " +
            (window["display"].is_null() ? "no display" : text(window["display"])));
}

void print(const ordered_json& report) {
  Page page;
  page.section("Diptych");
  page.line(text(report["version"]));
  print_machine(page, report);
  print_software(page, report);
  print_files(page, report);
  page.section("To note");
  for (const auto& note : report["notes"]) page.line(text(note));
  page.section("Problems");
  for (const auto& problem : report["problems"]) page.line(text(problem));
  if (report["problems"].empty()) page.line("none");
}

}  // namespace

void add_doctor(CLI::App& root) {
  auto json = std::make_shared<bool>(false);
  CLI::App* command =
      root.add_subcommand("doctor", "What this machine offers, what of it is used, and what is in the way");
  command->add_flag("--json", *json, "One JSON document");
  command->callback([json] {
    Findings findings;
    const ordered_json report = examine(findings);
    if (*json) {
      std::printf("%s\n", report.dump(2, ' ', false, ordered_json::error_handler_t::replace).c_str());
    } else {
      print(report);
    }
    if (!findings.problems.empty()) throw CLI::RuntimeError(1);
  });
}

}  // namespace diptych::cli
