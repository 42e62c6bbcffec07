// diptych doctor as a user runs it.
#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/app/program.h"
#include "tests/app/small_model.h"

namespace diptych::app {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

class Doctor : public ProgramTest {
 protected:
  Doctor() { setenv("DIPTYCH_MODELS", (home_ / "models").c_str(), 1); }
  json examine(int expected_status = 0) {
    Program program(home_, {"doctor", "--json"});
    EXPECT_EQ(program.wait(), expected_status) << program.errors();
    EXPECT_EQ(program.errors(), "");
    const json report = json::parse(program.rest_of_output(), nullptr, false);
    EXPECT_TRUE(report.is_object()) << program.rest_of_output();
    return report;
  }
  static bool mentions(const json& sentences, const std::string& word) {
    return std::any_of(sentences.begin(), sentences.end(), [&](const json& sentence) {
      return sentence.get<std::string>().find(word) != std::string::npos;
    });
  }
};

TEST_F(Doctor, TellsOfTheMachineAndWhatIsUsedOfIt) {
  const json report = examine();
  const json& processor = report["processor"];
  EXPECT_FALSE(processor["model"].get<std::string>().empty());
  EXPECT_GE(processor["logical_processors"].get<int>(), 1);
  EXPECT_GE(processor["threads"].get<int>(), 1);
  EXPECT_LE(processor["threads"].get<int>(), processor["logical_processors"].get<int>());
  EXPECT_EQ(processor["instruction_set"], processor["instruction_sets"][0]);
  EXPECT_GT(report["memory"]["total_bytes"].get<int64_t>(), report["memory"]["available_bytes"].get<int64_t>());
  EXPECT_NE(report["power"]["source"].is_string(), report["power"]["reason"].is_string());
  for (const char* name : {"Highway", "SQLite", "libcurl", "OpenSSL", "PCRE2", "ICU"}) {
    const auto& list = report["libraries"];
    const auto found = std::find_if(list.begin(), list.end(), [&](const json& row) { return row["name"] == name; });
    ASSERT_NE(found, list.end()) << name;
    EXPECT_NE((*found)["version"].get<std::string>().find('.'), std::string::npos) << name;
  }
  EXPECT_EQ(report["run_time_libraries"].size(), 5u);
  for (const auto& row : report["run_time_libraries"]) {
    EXPECT_EQ(row["found"].get<bool>(), row["path"].is_string());
    EXPECT_NE(row["why"].get<std::string>().find("no CUDA backend"), std::string::npos);
  }
  for (const auto& row : report["acceleration"]) {
    EXPECT_NE(row["how"].is_string(), row["why"].is_string()) << "accelerated and how, or not and why";
  }
  EXPECT_FALSE(report["host"]["running"].get<bool>());
  EXPECT_TRUE(mentions(report["notes"], "diptych models get")) << report["notes"];
  EXPECT_TRUE(report["problems"].empty()) << report["problems"];
}

TEST_F(Doctor, TellsOfKernelsThatAreHeldToALowerInstructionSet) {
  const json sets = examine()["processor"]["instruction_sets"];
  std::string lowest = sets.back();
  for (char& letter : lowest) letter = static_cast<char>(std::tolower(letter));
  const auto held = [&] { return setenv("DIPTYCH_CPU", lowest.c_str(), 1) == 0; };
  Program program(home_, {"doctor", "--json"}, held);
  ASSERT_EQ(program.wait(), 0) << program.errors();
  const json report = json::parse(program.rest_of_output(), nullptr, false);
  EXPECT_EQ(report["processor"]["instruction_set"], sets.back());
  EXPECT_EQ(report["processor"]["instruction_sets"], json::array({sets.back()}));
  EXPECT_EQ(report["processor"]["instruction_set_limit"], lowest);
  EXPECT_TRUE(mentions(report["notes"], "DIPTYCH_CPU=" + lowest)) << report["notes"];
  Program page(home_, {"doctor"}, held);
  ASSERT_EQ(page.wait(), 0);
  EXPECT_NE(page.rest_of_output().find("held to it by DIPTYCH_CPU=" + lowest), std::string::npos);
}

TEST_F(Doctor, AnInstructionSetThatIsNotThereIsRefusedWithThoseThatAre) {
  const std::string best = examine()["processor"]["instruction_set"];
  Program program(home_, {"doctor"}, [] { return setenv("DIPTYCH_CPU", "avx9", 1) == 0; });
  EXPECT_EQ(program.wait(), 2);
  expect_one_line(program, {"DIPTYCH_CPU", "avx9", best, "unset"});
  Program empty(home_, {"doctor"}, [] { return setenv("DIPTYCH_CPU", "", 1) == 0; });
  EXPECT_EQ(empty.wait(), 0) << "empty is unset";
}

TEST_F(Doctor, FindsModelsAndTheHost) {
  write_small_model(home_ / "models" / "small.gguf");
  std::ofstream(home_ / "models" / "cut.gguf") << "GGUF";
  Program host(home_, {"serve"});
  const int port = port_of(host.line());
  const json report = examine();
  EXPECT_EQ(report["host"]["port"], port);
  EXPECT_EQ(report["host"]["pid"], host.pid());
  ASSERT_EQ(report["models"].size(), 3u);
  EXPECT_TRUE(report["models"][0]["error"].is_string());
  EXPECT_EQ(report["models"][1]["architecture"], "llama");
  EXPECT_EQ(report["models"][2]["name"], "emoji-starter");
  EXPECT_TRUE(report["models"][2]["error"].is_null());
  EXPECT_TRUE(mentions(report["notes"], "cut.gguf"));
  host.signal(SIGTERM);
  EXPECT_EQ(host.wait(), 0);
  EXPECT_FALSE(examine()["host"]["running"].get<bool>());
}

TEST_F(Doctor, AFolderThatCannotBeWrittenIsAProblem) {
  std::ofstream(home_ / "cache") << "a file where a folder is needed";
  const json report = examine(1);
  EXPECT_TRUE(mentions(report["problems"], (home_ / "cache").string())) << report["problems"];
  EXPECT_TRUE(mentions(report["problems"], "DIPTYCH_HOME"));
  for (const auto& row : report["folders"]) EXPECT_EQ(row["writable"].get<bool>(), row["what"] != "cache") << row;
}

TEST_F(Doctor, LeavesNothingBehind) {
  examine();
  EXPECT_TRUE(fs::is_empty(home_));
}

TEST_F(Doctor, ThePageHasTheSameFacts) {
  Program program(home_, {"doctor"});
  EXPECT_EQ(program.wait(), 0);
  const std::string page = program.rest_of_output();
  for (const char* heading : {"Processor", "Memory", "Power", "Accelerated", "Libraries", "At run time", "Folders",
                              "Models", "Host", "Window", "Problems"}) {
    EXPECT_NE(page.find(std::string("\n") + heading), std::string::npos) << heading << " in\n" << page;
  }
  EXPECT_NE(page.find(home_.string()), std::string::npos);
}

}  // namespace
}  // namespace diptych::app
