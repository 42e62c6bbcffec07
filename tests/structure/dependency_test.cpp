// The direction of dependencies that ARCHITECTURE.md promises, checked on every include and every declared link.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace fs = std::filesystem;

namespace {

// What a folder may use, itself apart. A folder that is not listed may use nothing.
const std::map<std::string, std::set<std::string>> allowed{
    {"kernels/common", {}},
    {"kernels/cpu", {"kernels/common"}},
    {"kernels/bench", {"kernels/common", "kernels/cpu"}},
    {"engine/api", {}},
    {"engine/core", {"kernels/common"}},
    {"engine/ops", {"kernels/common", "kernels/cpu", "engine/core"}},
    {"engine/io", {"kernels/common", "engine/core"}},
    {"engine/text", {"engine/core", "engine/io"}},
    {"engine/model", {"kernels/common", "engine/core", "engine/ops", "engine/io", "engine/text"}},
    {"engine/llm", {"kernels/common", "engine/core", "engine/ops", "engine/model", "engine/text"}},
    {"engine/diffusion", {"engine/core", "engine/io", "engine/ops", "engine/model", "engine/text"}},
    {"engine/train",
     {"kernels/common", "kernels/cpu", "engine/core", "engine/ops", "engine/io", "engine/text", "engine/model",
      "engine/diffusion"}},
    {"engine/plan", {"engine/core", "engine/io", "engine/ops", "engine/model", "engine/diffusion", "engine/train"}},
    {"engine/bench", {"kernels/common", "kernels/cpu", "kernels/bench", "engine/core", "engine/model"}},
    {"engine/telemetry", {"engine/core"}},
    {"engine/host",
     {"engine/api", "engine/core", "engine/io", "engine/text", "engine/model", "engine/llm", "engine/diffusion",
      "engine/train", "engine/plan", "engine/telemetry", "kernels/common", "kernels/bench"}},
    {"models", {"kernels/common", "engine/core", "engine/ops", "engine/io", "engine/model", "engine/text"}},
    {"ui", {"engine/api"}},
};

std::string folder_of(const std::string& path) {
  const std::vector<std::string> whole{"models", "ui"};  // one layer, however deep
  for (const std::string& top : whole) {
    if (path.starts_with(top + "/")) return top;
  }
  const size_t first = path.find('/');
  const size_t second = first == std::string::npos ? first : path.find('/', first + 1);
  return second == std::string::npos ? path.substr(0, first) : path.substr(0, second);
}

std::string read(const fs::path& file) {
  std::ifstream in(file);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

std::vector<fs::path> files(const std::string& top, const std::set<std::string>& endings) {
  std::vector<fs::path> found;
  if (!fs::is_directory(fs::path(DIPTYCH_SOURCE_DIR) / top)) return found;
  for (const auto& entry : fs::recursive_directory_iterator(fs::path(DIPTYCH_SOURCE_DIR) / top)) {
    const std::string name = entry.path().filename().string();
    if (entry.is_regular_file() && (endings.contains(entry.path().extension().string()) || endings.contains(name)))
      found.push_back(entry.path());
  }
  return found;
}

bool may_use(const std::string& from, const std::string& to) {
  if (from == to) return true;
  const auto entry = allowed.find(from);
  return entry != allowed.end() && entry->second.contains(to);
}

const std::vector<std::string> layers{"kernels", "engine", "models", "ui"};

std::vector<std::string> wrong_includes(const std::string& folder, const std::string& text) {
  static const std::regex include(R"(#\s*include\s*[<"]((?:app|ui|models|engine|kernels)/[^>"]+)[>"])");
  std::vector<std::string> wrong;
  for (auto match = std::sregex_iterator(text.begin(), text.end(), include); match != std::sregex_iterator(); ++match) {
    const std::string target = (*match)[1];
    if (!may_use(folder, folder_of(target))) wrong.push_back(target);
  }
  return wrong;
}

std::vector<std::string> wrong_links(const std::string& folder, const std::string& text) {
  static const std::regex link(R"(diptych::((?:kernels|engine|models|ui)[a-z_]*))");
  std::vector<std::string> wrong;
  for (auto match = std::sregex_iterator(text.begin(), text.end(), link); match != std::sregex_iterator(); ++match) {
    std::string target = (*match)[1];
    const size_t cut = target.find('_');
    if (target.starts_with("models"))
      target = "models";
    else if (target.starts_with("ui"))
      target = "ui";
    else if (target.starts_with("engine_train"))  // its parts are libraries of their own
      target = "engine/train";
    else if (cut != std::string::npos)
      target[cut] = '/';
    if (!may_use(folder, target)) wrong.push_back(target);
  }
  return wrong;
}

}  // namespace

TEST(Structure, IncludesPointOneWay) {
  int checked = 0;
  for (const std::string& layer : layers) {
    for (const fs::path& file : files(layer, {".h", ".cpp", ".inc", ".cu", ".cuh"})) {
      const std::string path = fs::relative(file, DIPTYCH_SOURCE_DIR).generic_string();
      for (const std::string& target : wrong_includes(folder_of(path), read(file))) {
        ADD_FAILURE() << path << " includes " << target << ", which " << folder_of(path) << " may not use";
      }
      ++checked;
    }
  }
  EXPECT_GT(checked, 20);
}

TEST(Structure, LinksPointOneWay) {
  int checked = 0;
  for (const std::string& layer : layers) {
    for (const fs::path& file : files(layer, {"CMakeLists.txt"})) {
      const std::string path = fs::relative(file, DIPTYCH_SOURCE_DIR).generic_string();
      for (const std::string& target : wrong_links(folder_of(path), read(file))) {
        ADD_FAILURE() << path << " links diptych " << target << ", which " << folder_of(path) << " may not use";
      }
      ++checked;
    }
  }
  EXPECT_GT(checked, 4);
}

TEST(Structure, EngineAndModelsKnowNoQt) {
  static const std::regex qt(R"(#\s*include\s*<Q[A-Z])");
  for (const std::string layer : {"kernels", "engine", "models"}) {
    for (const fs::path& file : files(layer, {".h", ".cpp"})) {
      EXPECT_FALSE(std::regex_search(read(file), qt)) << file << " includes Qt";
    }
  }
}

TEST(Structure, ArchitecturesAreNamedOnlyInModels) {
  static const std::regex names(R"(#\s*include\s*"models/)");
  for (const fs::path& file : files("engine", {".h", ".cpp"})) {
    EXPECT_FALSE(std::regex_search(read(file), names)) << file << " names a model";
  }
}

TEST(Structure, CheckerRejectsWhatItShould) {
  EXPECT_EQ(wrong_includes("kernels/cpu", "#include \"engine/core/tensor.h\"\n").size(), 1u);
  EXPECT_EQ(wrong_includes("ui", "#include \"engine/api/job.h\"\n#include \"engine/host/jobs/jobs.h\"\n").size(), 1u);
  EXPECT_EQ(wrong_includes("engine/model", "#include \"models/llama/llama.h\"\n").size(), 1u);
  EXPECT_EQ(wrong_links("ui", "PUBLIC diptych::engine_api diptych::engine_core").size(), 1u);
  EXPECT_TRUE(wrong_links("engine/ops", "PUBLIC diptych::engine_core PRIVATE diptych::kernels_cpu").empty());
}
