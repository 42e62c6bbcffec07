// The sections of `diptych doctor`, each as the JSON that --json prints. None throws: what cannot be found out says so.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace diptych::cli {

// What keeps Diptych from working (status 1), and what is worth knowing but does not.
struct Findings {
  std::vector<std::string> problems, notes;  // one sentence each, ending with what to do
};

nlohmann::ordered_json doctor_processor(Findings& findings);
nlohmann::ordered_json doctor_memory(Findings& findings);
nlohmann::ordered_json doctor_power();

nlohmann::ordered_json doctor_libraries();     // that this program is made with: name, version, use
nlohmann::ordered_json doctor_accelerators();  // libraries opened at run time by builds that have a use for them
nlohmann::ordered_json doctor_acceleration();  // what computes where, and why not elsewhere

nlohmann::ordered_json doctor_folders(Findings& findings);
nlohmann::ordered_json doctor_models(Findings& findings);
nlohmann::ordered_json doctor_host();
nlohmann::ordered_json doctor_window(Findings& findings);

std::filesystem::path window_program(const char* own_name = "diptych");  // beside this program, there or not

}  // namespace diptych::cli
