// Every case in tests/golden/cases, through the code of diptych-golden.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

#include "app/golden/kinds.h"
#include "engine/core/error.h"
#include "tests/golden/compare.h"

namespace diptych::golden {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> case_folders() {
  std::vector<fs::path> folders;
  for (const auto& entry : fs::directory_iterator(fs::path(DIPTYCH_SOURCE_DIR) / "tests/golden/cases")) {
    if (fs::exists(entry.path() / "case.json")) folders.push_back(entry.path());
  }
  std::sort(folders.begin(), folders.end());
  return folders;
}

class GoldenCase : public testing::TestWithParam<fs::path> {};

TEST_P(GoldenCase, IsMet) {
  Context ctx(cpu_device, 2);
  const Case one = Case::open(GetParam());
  Result result;
  try {
    result = run(ctx, one);
  } catch (const Error& error) {
    if (error.category() != ErrorCategory::not_found || !one.description().contains("gguf_file")) throw;
    GTEST_SKIP() << error.what();
  }
  Differences differences;
  if (const auto* tensors = std::get_if<TensorMap>(&result)) {
    const TensorMap expected = read_tensors(ctx, GetParam() / "expected.safetensors");
    ASSERT_FALSE(expected.empty());
    differences = compare(expected, *tensors, one.description().at("tolerance"));
  } else {
    std::ifstream file(GetParam() / "expected.json");
    differences = compare(nlohmann::ordered_json::parse(file), std::get<nlohmann::ordered_json>(result));
  }
  for (const std::string& difference : differences) ADD_FAILURE() << difference;
}

INSTANTIATE_TEST_SUITE_P(Cases, GoldenCase, testing::ValuesIn(case_folders()),
                         [](const auto& info) { return info.param.filename().string(); });

TEST(GoldenTool, EveryKindHasACase) {
  std::vector<std::string> missing = kinds();
  for (const fs::path& folder : case_folders()) std::erase(missing, Case::open(folder).kind());
  EXPECT_TRUE(missing.empty()) << "no case of kind " << missing.front();
}

// The program itself: writes the tensors, and says in one line why it cannot run a case.
class GoldenProgram : public testing::Test {
 protected:
  void SetUp() override { fs::create_directories(folder); }
  void TearDown() override { fs::remove_all(folder); }
  int run_program(const fs::path& one) const {
    const std::string command = std::string(DIPTYCH_BINARY_DIR) + "/bin/diptych-golden " + one.string() + " --out " +
                                (folder / "out.safetensors").string() + " --threads 1 2> " +
                                (folder / "error.txt").string();
    return std::system(command.c_str());
  }
  std::string message() const {
    std::ifstream file(folder / "error.txt");
    return {std::istreambuf_iterator<char>(file), {}};
  }

  const fs::path cases = fs::path(DIPTYCH_SOURCE_DIR) / "tests/golden/cases";
  const fs::path folder = fs::path(DIPTYCH_BINARY_DIR) / "tests/golden_program";
};

TEST_F(GoldenProgram, WritesWhatTheCodeGives) {
  ASSERT_EQ(run_program(cases / "quant_q4_k"), 0) << message();
  Context ctx(cpu_device, 1);
  const TensorMap written = read_tensors(ctx, folder / "out.safetensors");
  const TensorMap direct = std::get<TensorMap>(run(ctx, Case::open(cases / "quant_q4_k")));
  const nlohmann::ordered_json exact = {{"rtol", 0.0}, {"atol", 0.0}};
  EXPECT_EQ(written.size(), direct.size());
  EXPECT_TRUE(compare(direct, written, exact).empty());
}

TEST_F(GoldenProgram, NamesWhatIsWrong) {
  std::ofstream(folder / "case.json") << R"({"name": "odd", "kind": "weather"})";
  EXPECT_NE(run_program(folder), 0);
  EXPECT_NE(message().find("weather"), std::string::npos) << message();
  EXPECT_NE(run_program(folder / "nowhere"), 0);
  EXPECT_NE(message().find("nowhere"), std::string::npos) << message();
}

}  // namespace
}  // namespace diptych::golden
