// `diptych finetune` as a user runs it: killed without warning, resumed, and used.
#include <gtest/gtest.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

#include "tests/app/program.h"
#include "tests/app/small_disk.h"
#include "tests/app/small_model.h"

namespace diptych::app {
namespace {

namespace fs = std::filesystem;

class Finetune : public testing::Test {
 protected:
  Finetune() {
    fs::remove_all(folder);
    fs::create_directories(folder);
    write_small_model(folder / "small.gguf", "llama", untrained);
    std::ofstream data(folder / "data.jsonl");
    for (int i = 0; i < 40; ++i) {
      const std::string word = "w" + std::to_string(i);
      data << nlohmann::json{{"prompt", "say " + word}, {"completion", word + " " + word}}.dump() << '\n';
    }
  }
  ~Finetune() override { fs::remove_all(folder); }

  void write_recipe(const std::string& name, const nlohmann::json& more) const {
    nlohmann::json json{{"base", "small.gguf"},
                        {"data", "data.jsonl"},
                        {"output", name},
                        {"steps", 100},
                        {"batch", 2},
                        {"sequence", 48},
                        {"rank", 4},
                        {"checkpoint_every", 5},
                        {"learning_rate", 0.005}};
    json.update(more);
    std::ofstream(folder / (name + ".json")) << json.dump(2);
  }

  std::string text(const fs::path& name) const {
    std::ifstream file(folder / name, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  std::string path(const std::string& name) const { return (folder / name).string(); }

  const fs::path folder =
      fs::path(DIPTYCH_BINARY_DIR) / "tests/finetune" / testing::UnitTest::GetInstance()->current_test_info()->name();
  const fs::path home = folder / "home";
};

TEST_F(Finetune, AKillLosesAtMostTheStepsSinceTheLastCheckpoint) {
  write_recipe("straight", nlohmann::json::object());
  write_recipe("killed", nlohmann::json::object());
  Program straight(home, {"finetune", path("straight.json")});
  ASSERT_EQ(straight.wait(), 0) << straight.errors();
  Program killed(home, {"finetune", path("killed.json")});
  // In the middle of a step, somewhere behind the tenth checkpoint.
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (!fs::exists(folder / "killed/checkpoints/step-000050") && std::chrono::steady_clock::now() < give_up) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  killed.signal(SIGKILL);
  const int status = killed.wait();
  if (status == 0) GTEST_SKIP() << "the run was over before it could be killed";
  ASSERT_EQ(status, -SIGKILL) << killed.errors();
  EXPECT_FALSE(fs::exists(folder / "killed/adapter_model.safetensors"));
  Program resumed(home, {"finetune", path("killed.json"), "--resume", "--json"});
  const std::string output = resumed.rest_of_output();
  ASSERT_EQ(resumed.wait(), 0) << resumed.errors();
  EXPECT_NE(resumed.errors().find("goes on from step "), std::string::npos) << resumed.errors();
  EXPECT_EQ(text("straight/adapter_model.safetensors"), text("killed/adapter_model.safetensors"));
  const nlohmann::json outcome = nlohmann::json::parse(output);
  EXPECT_EQ(outcome.at("steps"), 100);
  EXPECT_EQ(outcome.at("finished"), true);
  // Every step once.
  std::ifstream metrics(folder / "killed/metrics.jsonl");
  std::string line;
  int64_t step = 0;
  while (std::getline(metrics, line)) EXPECT_EQ(nlohmann::json::parse(line).at("step"), ++step);
  EXPECT_EQ(step, 100);
}

TEST_F(Finetune, TheAdapterIsUsedAtOnce) {
  write_recipe("out", {{"steps", 6}, {"sample_prompts", {"say w1"}}, {"sample_every", 3}});
  Program trained(home, {"finetune", path("out.json")});
  ASSERT_EQ(trained.wait(), 0) << trained.errors();
  Program used(home, {"chat", path("small.gguf"), "-p", "say w1", "--max-tokens", "4", "--temp", "0", "--lora",
                      path("out") + ":1"});
  EXPECT_EQ(used.wait(), 0) << used.errors();
  std::ifstream samples(folder / "out/samples.jsonl");
  std::string line;
  std::vector<int64_t> steps;
  while (std::getline(samples, line)) steps.push_back(nlohmann::json::parse(line).at("step"));
  EXPECT_EQ(steps, (std::vector<int64_t>{3, 6}));
}

// The weights of the last checkpoint are whole, and the message says how to go on.
TEST_F(Finetune, ALossThatIsNoNumberEndsTheRun) {
  // Each step makes every weight a thousand times as large.
  write_recipe("wild", {{"method", "full"},
                        {"learning_rate", 100},
                        {"optimizer", {{"name", "sgd"}, {"weight_decay", 10}}},
                        {"checkpoint_every", 1}});
  Program wild(home, {"finetune", path("wild.json")});
  EXPECT_EQ(wild.wait(), 1) << "failed, not wrong usage";
  EXPECT_NE(wild.errors().find("is no number"), std::string::npos) << wild.errors();
  EXPECT_NE(wild.errors().find("go back to the last checkpoint with a lower learning rate"), std::string::npos)
      << wild.errors();
  EXPECT_TRUE(fs::exists(folder / "wild/checkpoints"));
  EXPECT_FALSE(fs::exists(folder / "wild/model.safetensors"));
}

// Known before anything is loaded, with keys of the recipe that make it fit: which they do.
TEST_F(Finetune, TooLittleMemoryIsRefusedWithWhatWouldMakeItFit) {
  const nlohmann::json large{{"batch", 8}, {"sequence", 192}, {"packing", true}, {"steps", 3}};
  write_recipe("large", large);
  Program free(home, {"finetune", path("large.json")});
  ASSERT_EQ(free.wait(), 0) << free.errors();
  double predicted_gb = 0;
  const std::string said = free.errors();
  ASSERT_EQ(std::sscanf(said.c_str() + said.find("predicted: "), "predicted: %lf GB", &predicted_gb), 1) << said;
  fs::remove_all(folder / "large");
  const std::string limit = std::to_string(predicted_gb * 0.8);
  Program refused(home, {"finetune", path("large.json"), "--memory-limit", limit});
  EXPECT_EQ(refused.wait(), 1);
  const std::string why = refused.errors();
  EXPECT_NE(why.find("error: cannot train: small.gguf"), std::string::npos) << why;
  EXPECT_FALSE(fs::exists(folder / "large"));
  const size_t set = why.find("set \""), end = why.find(" in the recipe", set);
  ASSERT_NE(end, std::string::npos) << why;
  nlohmann::json smaller = large;
  smaller.update(nlohmann::json::parse("{" + why.substr(set + 4, end - set - 4) + "}"));
  write_recipe("smaller", smaller);
  Program fits(home, {"finetune", path("smaller.json"), "--memory-limit", limit});
  EXPECT_EQ(fits.wait(), 0) << fits.errors();
}

TEST_F(Finetune, TooLittleDiskIsRefusedBeforeAnythingIsWritten) {
  const SmallDisk disk(folder / "disk", 64 << 10);
  if (!disk.mounted()) GTEST_SKIP() << "no file system can be mounted here: " << disk.why_not();
  write_recipe("disk/out", {{"base", path("small.gguf")}, {"data", path("data.jsonl")}, {"output", "out"}});
  Program full(home, {"finetune", path("disk/out.json")});
  EXPECT_EQ(full.wait(), 1);
  EXPECT_NE(full.errors().find("make room there, or choose another output folder"), std::string::npos) << full.errors();
  EXPECT_EQ(full.errors().find("step 1"), std::string::npos) << full.errors();
  EXPECT_FALSE(fs::exists(folder / "disk/out"));
}

TEST_F(Finetune, SaysInOneLineWhatIsWrong) {
  write_recipe("odd", {{"learnig_rate", 1}});
  Program odd(home, {"finetune", path("odd.json")});
  EXPECT_EQ(odd.wait(), 1);
  EXPECT_NE(odd.errors().find("learning_rate"), std::string::npos) << odd.errors();
  const auto says = [&](const std::string& name, const nlohmann::json& more, const std::string& words) {
    write_recipe(name, more);
    Program run(home, {"finetune", path(name + ".json")});
    EXPECT_NE(run.wait(), 0) << name;
    EXPECT_NE(run.errors().find(words), std::string::npos) << name << ": " << run.errors();
    EXPECT_FALSE(fs::exists(folder / name / "adapter_model.safetensors")) << name;
  };
  std::ofstream(folder / "nothing.jsonl") << "";
  says("empty", {{"data", "nothing.jsonl"}}, "nothing.jsonl");
  std::ofstream(folder / "questions.jsonl") << R"({"messages": [{"role": "user", "content": "why?"}]})" << '\n';
  says("unanswered", {{"data", "questions.jsonl"}}, "questions.jsonl");
  std::ofstream(folder / "long.jsonl") << nlohmann::json{{"prompt", std::string(200, 'x')}, {"completion", "y"}}.dump()
                                       << '\n';
  says("masked", {{"data", "long.jsonl"}}, "long.jsonl");  // the answer lies behind the cut: nothing is left to learn
  says("adapter_in_bf16", {{"dtype", "bf16"}}, "dtype bf16");
  says("stabilised_loha", {{"method", "loha"}, {"rank_stabilized", true}}, "rank_stabilized");
  Program nowhere(home, {"finetune", path("nowhere.json")});
  EXPECT_EQ(nowhere.wait(), 1);
  EXPECT_NE(nowhere.errors().find("nowhere.json"), std::string::npos) << nowhere.errors();
}

}  // namespace
}  // namespace diptych::app
