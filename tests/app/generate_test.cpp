// diptych generate: pictures with their recipes, and one line of error.
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>

#include "engine/diffusion/recipe_reader.h"
#include "engine/io/image.h"
#include "tests/app/program.h"

namespace diptych::app {
namespace {

namespace fs = std::filesystem;

class Generate : public ProgramTest {
 protected:
  Generate() { fs::create_directories(home_ / "files"); }
  std::string file(const std::string& name) const { return (home_ / "files" / name).string(); }
  static std::string model(const char* name = "pipeline_sd15") {
    return std::string(DIPTYCH_SOURCE_DIR) + "/tests/golden/cases/" + name + "/model";
  }
  std::string make(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"generate"});
    Program program(home_, arguments);
    EXPECT_EQ(program.wait(), 0) << program.errors();
    return program.rest_of_output();
  }
  void expect_refused(std::vector<std::string> arguments, int status, const std::vector<std::string>& words) {
    arguments.insert(arguments.begin(), {"generate"});
    Program program(home_, arguments);
    EXPECT_EQ(program.wait(), status) << program.errors();
    expect_one_line(program, words);
  }
};

TEST_F(Generate, WritesPicturesThatHoldTheirRecipe) {
  const auto printed = nlohmann::json::parse(
      make({model(), "-p",        "a (red:1.2) fox", "--negative", "blurry", "--steps",  "3",  "--seed",
            "5",     "--sampler", "DPM++ 2M Karras", "--width",    "32",     "--height", "24", "--batch",
            "2",     "-o",        file("fox.png"),   "--json"}));
  EXPECT_EQ(printed["images"], (std::vector<std::string>{file("fox.png"), file("fox-2.png")}));
  EXPECT_EQ(printed["seeds"], (std::vector<int>{5, 6}));
  EXPECT_GT(printed["seconds_per_step"], 0.0);
  EXPECT_GT(printed["peak_memory_bytes"], 0);
  const ImageFile picture = read_image(file("fox-2.png"));
  EXPECT_EQ(picture.image.width, 32);
  EXPECT_EQ(picture.image.height, 24);
  const auto restored = diffusion::restore_recipe(picture.texts);
  ASSERT_TRUE(restored.has_value());
  EXPECT_TRUE(restored->unrestored.empty());
  EXPECT_EQ(restored->recipe.prompt, "a (red:1.2) fox");
  EXPECT_EQ(restored->recipe.negative_prompt, "blurry");
  EXPECT_EQ(restored->recipe.seed, 6u);
  EXPECT_EQ(restored->recipe.steps, 3);
  EXPECT_EQ(restored->recipe.width, 32);
}

TEST_F(Generate, RepeatsAPictureBitByBit) {
  for (const char* name : {"one.png", "two.png"}) {
    make({model(), "-p", "fox", "--steps", "2", "--seed", "9", "-o", file(name), "--threads",
          std::string(name) == "one.png" ? "1" : "2"});
  }
  EXPECT_EQ(read_image(file("one.png")).image, read_image(file("two.png")).image);
}

TEST_F(Generate, StartsFromAPictureAndAMask) {
  make({model(), "-p", "fox", "--steps", "2", "--seed", "1", "-o", file("start.webp")});
  make({model(), "-p", "car", "--steps", "4", "--seed", "1", "--init-image", file("start.webp"), "--strength", "0.5",
        "--mask", file("start.webp"), "-o", file("end.jpg"), "--dump-latents", file("latents.safetensors")});
  EXPECT_EQ(read_image(file("end.jpg")).image.width, read_image(file("start.webp")).image.width);
  EXPECT_TRUE(fs::exists(file("latents.safetensors")));
}

TEST_F(Generate, MakesClassesAndReadsItsOwnLatents) {
  make({model("pipeline_dit"), "--class", "7", "--steps", "2", "--seed", "1", "-o", file("seven.png")});
  EXPECT_TRUE(fs::exists(file("seven.png")));
  make({model("pipeline_flux"), "-p", "fox", "--steps", "2", "--text-tokens", "16", "--width", "16", "--height", "16",
        "-o", file("a.png"), "--dump-latents", file("packed.safetensors")});
  make({model("pipeline_flux"), "-p", "fox", "--steps", "2", "--text-tokens", "16", "--width", "16", "--height", "16",
        "-o", file("b.png"), "--init-latents", file("packed.safetensors")});
}

TEST_F(Generate, MakesAPictureOfEachLine) {
  std::ofstream(file("prompts.txt")) << "fox\n\na (red) car\r\n";
  const auto printed = nlohmann::json::parse(make(
      {model(), "--prompts", file("prompts.txt"), "--steps", "2", "--seed", "5", "-o", file("each.png"), "--json"}));
  EXPECT_EQ(printed["images"], (std::vector<std::string>{file("each.png"), file("each-2.png")}));
  make({model(), "-p", "a (red) car", "--steps", "2", "--seed", "6", "-o", file("car.png")});
  EXPECT_EQ(read_image(file("each-2.png")).image, read_image(file("car.png")).image);
  std::ofstream(file("empty.txt")) << "\n";
  expect_refused({model(), "--prompts", file("empty.txt"), "-o", file("x.png")}, 2, {"empty.txt"});
  expect_refused({model(), "--prompts", file("none.txt"), "-o", file("x.png")}, 1, {"none.txt"});
}

TEST_F(Generate, DrawsWithTheStarterModelFromAnyFolder) {
  const char* models = std::getenv("DIPTYCH_MODELS");
  const fs::path language_model = fs::path(models == nullptr ? "" : models) / "SmolLM2-135M-Instruct.Q4_1.gguf";
  if (!fs::exists(language_model)) GTEST_SKIP() << language_model << " is not there; 'make models' fetches it";
  const auto printed = nlohmann::json::parse(
      make({"emoji-starter", "-p", "a red heart", "--steps", "6", "--seed", "1", "-o", file("heart.png"), "--json"}));
  EXPECT_LT(printed["peak_memory_bytes"], 200 << 20);
  const Image8 picture = read_image(file("heart.png")).image;
  ASSERT_EQ(picture.width, 128);
  ASSERT_EQ(picture.height, 128);
  const auto pixel = [&](int x, int y, int channel) {
    return picture.pixels[static_cast<size_t>((y * picture.width + x) * picture.channels + channel)];
  };
  EXPECT_GT(pixel(4, 4, 1), 200) << "white around it";
  EXPECT_GT(pixel(64, 64, 0), 150) << "red inside";
  EXPECT_LT(pixel(64, 64, 1), 120);
  expect_refused({"emoji-starter", "-p", "x", "--width", "100", "-o", file("x.png")}, 2, {"100", "take 128"});
}

TEST_F(Generate, SaysWhatIsWrong) {
  const std::string out = file("x.png");
  expect_refused({model(), "-p", "x", "--width", "63", "-o", out}, 2, {"63", "take 64"});
  expect_refused({model(), "-p", "x", "-o", file("x.bmp")}, 2, {"x.bmp", ".png"});
  expect_refused({model(), "-p", "x", "--sampler", "eular", "-o", out}, 2, {"eular"});
  expect_refused({model(), "-p", "x", "--schedule", "karras", "-o", out}, 2, {"--sampler"});
  expect_refused({model(), "-p", "x", "--init-image", file("none.png"), "-o", out}, 1, {"none.png"});
  expect_refused({model(), "-p", "x", "--rng", "dice", "-o", out}, 2, {"dice"});
  expect_refused({model("pipeline_dit"), "--class", "7000", "-o", out}, 2, {"7000"});
  expect_refused({model("pipeline_sd15") + "/unet", "-p", "x", "-o", out}, 1, {"model_index.json"});
  expect_refused({model(), "-p", "x", "--vae", model("pipeline_sd3") + "/vae", "-o", out}, 1, {"channels"});
  expect_refused({model(), "-p", "a fox <lora:ink:0.8>", "-o", out}, 1, {"ink", "leave its tag out"});
  EXPECT_FALSE(fs::exists(out));
}

}  // namespace
}  // namespace diptych::app
