// `diptych finetune` with an image model, as a user runs it.
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

#include "engine/io/images/image.h"
#include "tests/app/program.h"
#include "tests/app/small_disk.h"
#include "tests/engine/train/data/picture_testing.h"

namespace diptych::app {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

class FinetuneImage : public testing::Test {
 protected:
  FinetuneImage() {
    fs::remove_all(folder);
    fs::create_directories(folder / "pictures");
    for (uint64_t i = 0; i < 6; ++i) {
      train::draw_to(folder / "pictures" / (std::to_string(i) + ".png"), 32, 32, i);
      std::ofstream(folder / "pictures" / (std::to_string(i) + ".txt")) << "a fox, number " << i;
    }
  }
  ~FinetuneImage() override { fs::remove_all(folder); }

  static std::string base() { return std::string(DIPTYCH_SOURCE_DIR) + "/tests/golden/cases/pipeline_sd15/model"; }

  void write_recipe(const std::string& name, const json& more = json::object()) const {
    json recipe{{"base", base()},
                {"data", "pictures"},
                {"output", name},
                {"steps", 60},
                {"rank", 4},
                {"checkpoint_every", 5},
                {"learning_rate", 0.005},
                {"image", {{"resolution", 32}, {"bucket_step", 8}, {"bucket_min", 16}}}};
    recipe.merge_patch(more);
    std::ofstream(folder / (name + ".json")) << recipe.dump(2);
  }

  std::string text(const fs::path& name) const {
    std::ifstream file(folder / name, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  std::string path(const std::string& name) const { return (folder / name).string(); }

  const fs::path folder = fs::path(DIPTYCH_BINARY_DIR) / "tests/finetune_image" /
                          testing::UnitTest::GetInstance()->current_test_info()->name();
  const fs::path home = folder / "home";
};

TEST_F(FinetuneImage, AKillLosesAtMostTheStepsSinceTheLastCheckpoint) {
  write_recipe("straight");
  write_recipe("killed");
  Program straight(home, {"finetune", path("straight.json")});
  ASSERT_EQ(straight.wait(), 0) << straight.errors();
  Program killed(home, {"finetune", path("killed.json")});
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (!fs::exists(folder / "killed/checkpoints/step-000030") && std::chrono::steady_clock::now() < give_up) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  killed.signal(SIGKILL);
  const int status = killed.wait();
  if (status == 0) GTEST_SKIP() << "the run was over before it could be killed";
  ASSERT_EQ(status, -SIGKILL) << killed.errors();
  Program resumed(home, {"finetune", path("killed.json"), "--resume"});
  ASSERT_EQ(resumed.wait(), 0) << resumed.errors();
  EXPECT_NE(resumed.errors().find("goes on from step "), std::string::npos) << resumed.errors();
  EXPECT_EQ(text("straight/pytorch_lora_weights.safetensors"), text("killed/pytorch_lora_weights.safetensors"));
}

TEST_F(FinetuneImage, ManyWarningsAreCounted) {
  constexpr int copies = 40;
  for (int i = 0; i < copies; ++i)
    fs::copy_file(path("pictures/0.png"), path("pictures/copy-" + std::to_string(i) + ".png"));
  write_recipe("out", {{"steps", 1}});
  Program trained(home, {"finetune", path("out.json")});
  ASSERT_EQ(trained.wait(), 0) << trained.errors();
  const std::string said = trained.errors();
  int warnings = 0;
  for (size_t at = said.find("warning: "); at != said.npos; at = said.find("warning: ", at + 1)) ++warnings;
  EXPECT_EQ(warnings, 20) << said;
  const size_t rest = said.find(" more warnings");
  ASSERT_NE(rest, said.npos) << said;
  EXPECT_GE(std::stoi(said.substr(said.rfind(' ', rest - 1) + 1)), copies - 20) << said;
}

TEST_F(FinetuneImage, SamplesStandBesideTheBaseAndTheAdapterIsUsedAtOnce) {
  write_recipe("out", {{"steps", 20}, {"learning_rate", 0.05}, {"sample_prompts", {"a fox"}}, {"sample_every", 10}});
  Program trained(home, {"finetune", path("out.json"), "--seed", "3"});
  ASSERT_EQ(trained.wait(), 0) << trained.errors();
  const auto sample = [&](const char* step) { return read_image(folder / "out/samples" / step).image; };
  EXPECT_NE(sample("step-000000-1.png"), sample("step-000020-1.png"));
  // The base alone and the adapter make the same pictures through the program.
  const auto made = [&](const char* name, const std::vector<std::string>& more) {
    std::vector<std::string> arguments{"generate", base(),    "-p", "a fox",    "--seed", "3",  "--steps",
                                       "20",       "--width", "32", "--height", "32",     "-o", path(name)};
    arguments.insert(arguments.end(), more.begin(), more.end());
    Program program(home, arguments);
    EXPECT_EQ(program.wait(), 0) << program.errors();
    return read_image(path(name)).image;
  };
  EXPECT_EQ(made("base.png", {}), sample("step-000000-1.png"));
  const Image8 kohya = made("kohya.png", {"--lora", path("out/adapter.safetensors") + ":1"}),
               last = sample("step-000020-1.png");
  ASSERT_EQ(kohya.pixels.size(), last.pixels.size());
  for (size_t i = 0; i < last.pixels.size(); ++i) EXPECT_NEAR(kohya.pixels[i], last.pixels[i], 1);
  std::ifstream metrics(folder / "out/metrics.jsonl");
  std::string line;
  ASSERT_TRUE(std::getline(metrics, line));
  EXPECT_GT(json::parse(line).at("images_per_s"), 0);
}

TEST_F(FinetuneImage, NamesPicturesThatCannotBeReadAndGoesOn) {
  std::ofstream(folder / "pictures/broken.png") << "no picture";
  write_recipe("out", {{"steps", 2}});
  Program program(home, {"finetune", path("out.json")});
  EXPECT_EQ(program.wait(), 0) << program.errors();
  EXPECT_NE(program.errors().find("rejected: "), std::string::npos) << program.errors();
  EXPECT_NE(program.errors().find("broken.png"), std::string::npos) << program.errors();
}

TEST_F(FinetuneImage, RefusesDataWithoutPictures) {
  fs::create_directories(folder / "empty");
  write_recipe("out", {{"data", "empty"}});
  Program program(home, {"finetune", path("out.json")});
  EXPECT_EQ(program.wait(), 2);
  EXPECT_NE(program.errors().find("there is no picture in it"), std::string::npos) << program.errors();
}

TEST_F(FinetuneImage, ALossThatIsNoNumberKeepsTheLastCheckpoint) {
  write_recipe("out", {{"learning_rate", 100},
                       {"alpha", 1e6},
                       {"lora_plus_ratio", 1000},
                       {"steps", 1000},
                       {"targets", {"all-linear"}},
                       {"checkpoint_every", 1}});
  Program program(home, {"finetune", path("out.json")});
  EXPECT_EQ(program.wait(), 1);
  EXPECT_NE(program.errors().find("is no number"), std::string::npos) << program.errors();
  EXPECT_NE(program.errors().find("lower learning rate"), std::string::npos) << program.errors();
  EXPECT_FALSE(fs::is_empty(folder / "out/checkpoints"));
}

TEST_F(FinetuneImage, TooSmallADiskIsSaidBeforeTheFirstStep) {
  const SmallDisk disk(folder / "small", int64_t{1} << 20);
  if (!disk.mounted()) GTEST_SKIP() << "no small disk: " << disk.why_not();
  write_recipe("out", {{"output", "small/out"}, {"method", "full"}});
  Program program(home, {"finetune", path("out.json")});
  EXPECT_EQ(program.wait(), 1);
  EXPECT_NE(program.errors().find("GB are free; make room there"), std::string::npos) << program.errors();
  EXPECT_EQ(program.errors().find("step 1"), std::string::npos) << program.errors();
}

}  // namespace
}  // namespace diptych::app
