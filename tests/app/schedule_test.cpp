// diptych schedule: the points of a configuration as JSON and as a table, and one line of error.
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

namespace {

namespace fs = std::filesystem;

struct Finished {
  int status;
  std::string out, err;
};

class Schedule : public testing::Test {
 protected:
  void SetUp() override { fs::create_directories(folder_); }
  void TearDown() override { fs::remove_all(folder_); }

  std::string config(const std::string& json) const {
    const fs::path path = folder_ / "scheduler_config.json";
    std::ofstream(path) << json;
    return path.string();
  }

  Finished run(const std::string& arguments) const {
    const std::string err = (folder_ / "stderr.txt").string();
    const std::string command = DIPTYCH_BINARY_DIR "/bin/diptych schedule " + arguments + " 2> " + err;
    Finished finished{-1, {}, {}};
    FILE* pipe = popen(command.c_str(), "r");
    std::array<char, 4096> block;
    while (const size_t read = std::fread(block.data(), 1, block.size(), pipe)) finished.out.append(block.data(), read);
    finished.status = WEXITSTATUS(pclose(pipe));
    std::ifstream file(err);
    finished.err = {std::istreambuf_iterator<char>(file), {}};
    return finished;
  }

 private:
  const fs::path folder_ = fs::path(DIPTYCH_BINARY_DIR) / "tests/app_schedule";
};

TEST_F(Schedule, JsonHoldsTimestepsAndSigmas) {
  const std::string path =
      config(R"({"_class_name": "EulerDiscreteScheduler", "beta_schedule": "scaled_linear", "beta_start": 0.00085,
                 "beta_end": 0.012, "timestep_spacing": "trailing"})");
  const Finished finished = run(path + " --steps 4 --json");
  ASSERT_EQ(finished.status, 0) << finished.err;
  const auto document = nlohmann::json::parse(finished.out);
  EXPECT_EQ(document["timesteps"], nlohmann::json({999.0, 749.0, 499.0, 249.0}));
  ASSERT_EQ(document["sigmas"].size(), 5u);
  EXPECT_NEAR(document["sigmas"][0], 14.6146, 1e-3);
  EXPECT_EQ(document["sigmas"][4], 0.0);
  EXPECT_EQ(document["init_noise_sigma"], document["sigmas"][0]);
}

TEST_F(Schedule, WholeTimestepsAreWholeAndAlphasHaveNoSigmas) {
  const Finished finished = run(config(R"({"_class_name": "DDIMScheduler"})") + " --steps 3 --json");
  ASSERT_EQ(finished.status, 0) << finished.err;
  const auto document = nlohmann::json::parse(finished.out);
  EXPECT_EQ(document["timesteps"].dump(), "[666,333,0]");
  EXPECT_TRUE(document["sigmas"].is_null());
}

TEST_F(Schedule, TableHasARowPerEvaluationAndTheLastSigma) {
  const Finished finished = run(config(R"({"_class_name": "FlowMatchEulerDiscreteScheduler"})") + " --steps 2");
  ASSERT_EQ(finished.status, 0) << finished.err;
  EXPECT_EQ(std::count(finished.out.begin(), finished.out.end(), '\n'), 4);
}

TEST_F(Schedule, DynamicShiftTakesMu) {
  const std::string path =
      config(R"({"_class_name": "FlowMatchEulerDiscreteScheduler", "use_dynamic_shifting": true})");
  const Finished given = run(path + " --steps 4 --mu 0.5 --json"), largest = run(path + " --steps 4 --json");
  EXPECT_EQ(given.status, 0);
  EXPECT_EQ(given.err, "");
  EXPECT_NE(largest.err.find("--mu"), std::string::npos);
  EXPECT_LT(nlohmann::json::parse(given.out)["sigmas"][1], nlohmann::json::parse(largest.out)["sigmas"][1]);
}

TEST_F(Schedule, OneLineOfErrorSaysWhatToDo) {
  const Finished unknown = run(config(R"({"_class_name": "WarpScheduler"})") + " --steps 4");
  EXPECT_EQ(unknown.status, 1);
  EXPECT_EQ(unknown.out, "");
  EXPECT_NE(unknown.err.find("diptych: error: "), std::string::npos);
  EXPECT_NE(unknown.err.find("DDIMScheduler"), std::string::npos);
  EXPECT_EQ(std::count(unknown.err.begin(), unknown.err.end(), '\n'), 1);
  EXPECT_EQ(run("/nonexistent.json --steps 4").status, 1);
  EXPECT_EQ(run(config(R"({"_class_name": "DDIMScheduler"})") + " --steps 0").status, 2);
  EXPECT_EQ(run(config(R"({"_class_name": "DDIMScheduler"})") + " --steps 2000").status, 2);
  EXPECT_EQ(run(config(R"({"_class_name": "DDIMScheduler"})")).status, 2);
}

}  // namespace
