// Reference cases of kinds tokenizer and chat_template (tests/golden/cases).
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

namespace golden {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

inline std::string read_text(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

inline ordered_json read_json(const fs::path& path) {
  return ordered_json::parse(read_text(path));
}

// Folders of cases whose name starts so, by name.
inline std::vector<fs::path> cases(const std::string& prefix) {
  std::vector<fs::path> found;
  for (const auto& entry : fs::directory_iterator(fs::path(DIPTYCH_SOURCE_DIR) / "tests/golden/cases")) {
    if (entry.path().filename().string().starts_with(prefix)) found.push_back(entry.path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

inline std::string name_of(const testing::TestParamInfo<fs::path>& info) {
  return info.param.filename().string();
}

// A file that `make models` fetches; tests move DIPTYCH_HOME, so the user's folder is found by its default path.
// Empty: not there.
inline fs::path model_file(const std::string& name) {
  std::vector<fs::path> folders;
  for (const char* variable : {"DIPTYCH_TEST_MODELS", "DIPTYCH_MODELS"}) {
    if (const char* value = std::getenv(variable)) folders.emplace_back(value);
  }
  if (const char* data = std::getenv("XDG_DATA_HOME")) folders.push_back(fs::path(data) / "diptych/models");
  if (const char* home = std::getenv("HOME")) folders.push_back(fs::path(home) / ".local/share/diptych/models");
  for (const fs::path& folder : folders) {
    std::error_code error;
    if (fs::exists(folder / name, error)) return folder / name;
  }
  return {};
}

}  // namespace golden
