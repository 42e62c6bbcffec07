// TOML 1.0 of untrusted files, as JSON: tables are objects, dates are texts.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

namespace diptych::train {

// Error (invalid_file) names `name`, the line, and what is wrong there. Numbers that JSON lacks (inf, nan) become
// texts.
nlohmann::json parse_toml(std::string_view text, const std::string& name);

}  // namespace diptych::train
