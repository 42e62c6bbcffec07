// diptych generate: pictures with their recipes, and one line of error.
#include <array>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>

#include "engine/diffusion/recipe/recipe_reader.h"
#include "engine/io/files/sha256.h"
#include "engine/io/formats/safetensors.h"
#include "engine/io/images/image.h"
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
  std::vector<std::string> second_pass(const std::vector<std::string>& more) const {
    std::vector<std::string> arguments{model(),   "--batch",          "2", "-o", file("large.png"),
                                       "--hires", "1.5:4:0.5:lanczos"};
    for (const char* one : {"-p", "fox", "--seed", "3", "--steps", "4", "--sampler", "euler"})
      arguments.emplace_back(one);
    for (const char* one : {"--width", "32", "--height", "24"}) arguments.emplace_back(one);
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
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
  EXPECT_EQ(restored->recipe.model.hash, sha256_file(fs::path(model()) / "unet/diffusion_pytorch_model.safetensors"));
}

TEST_F(Generate, RepeatsAPictureBitByBit) {
  for (const char* name : {"one.png", "two.png"}) {
    make({model(), "-p", "fox", "--steps", "2", "--seed", "9", "-o", file(name), "--threads",
          std::string(name) == "one.png" ? "1" : "2"});
  }
  EXPECT_EQ(read_image(file("one.png")).image, read_image(file("two.png")).image);
}

TEST_F(Generate, MakesTheSamePictureWithLittleMemory) {
  const std::vector<std::string> usual{model("pipeline_sdxl"), "-p", "fox", "--steps", "2", "--seed", "9", "--json"};
  const auto with = [&](const std::string& name, std::vector<std::string> more) {
    more.insert(more.begin(), usual.begin(), usual.end());
    more.insert(more.end(), {"-o", file(name)});
    return nlohmann::json::parse(make(more));
  };
  const auto plain = with("plain.png", {}), saved = with("saved.png", {"--low-memory"});
  EXPECT_EQ(read_image(file("plain.png")).image, read_image(file("saved.png")).image);
  EXPECT_LT(saved["peak_memory_bytes"], plain["peak_memory_bytes"]);
  EXPECT_EQ(plain["peak_memory_bytes"], plain["predicted_memory_bytes"]);
  EXPECT_EQ(saved["peak_memory_bytes"], saved["predicted_memory_bytes"]);
  with("tiled.png", {"--tiled-vae"});
  EXPECT_EQ(read_image(file("plain.png")).image, read_image(file("tiled.png")).image);
}

TEST_F(Generate, StartsFromAPictureAndAMask) {
  make({model(), "-p", "fox", "--steps", "2", "--seed", "1", "-o", file("start.webp")});
  make({model(), "-p", "car", "--steps", "4", "--seed", "1", "--init-image", file("start.webp"), "--strength", "0.5",
        "--mask", file("start.webp"), "-o", file("end.jpg"), "--dump-latents", file("latents.safetensors")});
  EXPECT_EQ(read_image(file("end.jpg")).image.width, read_image(file("start.webp")).image.width);
  EXPECT_TRUE(fs::exists(file("latents.safetensors")));
}

TEST_F(Generate, MakesASecondPassAndSaysSoInTheRecipe) {
  const auto printed = nlohmann::json::parse(make(second_pass({"--json"})));
  EXPECT_EQ(printed["evaluations"], 4 + 2 * 2);
  // The first pass's pictures are kept meanwhile, which counts where the model is this small.
  EXPECT_LE(printed["peak_memory_bytes"], 1.05 * static_cast<double>(printed["predicted_memory_bytes"]));
  const ImageFile picture = read_image(file("large-2.png"));
  EXPECT_EQ(picture.image.width, 48);
  EXPECT_EQ(picture.image.height, 36);
  const auto restored = diffusion::restore_recipe(picture.texts);
  ASSERT_TRUE(restored.has_value() && restored->recipe.hires.has_value());
  EXPECT_EQ(restored->recipe.hires->scale, 1.5);
  EXPECT_EQ(restored->recipe.hires->upscaler, "lanczos");
  EXPECT_EQ(restored->recipe.seed, 4u);
}

TEST_F(Generate, VariesASeed) {
  make({model(), "-p", "fox", "--steps", "2", "--seed", "3", "--variation-seed", "8", "--variation-strength", "0.2",
        "--batch", "2", "-o", file("varied.png")});
  const auto restored = diffusion::restore_recipe(read_image(file("varied-2.png")).texts);
  ASSERT_TRUE(restored.has_value() && restored->recipe.variation.has_value());
  EXPECT_EQ(restored->recipe.seed, 3u);
  EXPECT_EQ(restored->recipe.variation->seed, 9u);
  EXPECT_FALSE(read_image(file("varied.png")).image == read_image(file("varied-2.png")).image);
}

TEST_F(Generate, PaintsPartsOfPicturesAndLargerOnes) {
  Image8 picture{64, 48, 3, std::vector<uint8_t>(64 * 48 * 3, 120)}, mask{64, 48, 1, std::vector<uint8_t>(64 * 48, 0)};
  for (size_t y = 20; y < 30; ++y) std::fill_n(mask.pixels.begin() + static_cast<int64_t>(y * 64 + 40), 12, 255);
  write_image(file("picture.png"), picture);
  write_image(file("mask.png"), mask);
  const std::vector<std::string> usual{model(),  "-p", "fox",          "--steps",          "3",
                                       "--seed", "1",  "--init-image", file("picture.png")};
  const auto with = [&](const std::string& out, std::vector<std::string> more) {
    more.insert(more.begin(), usual.begin(), usual.end());
    more.insert(more.end(), {"-o", file(out)});
    make(more);
    return read_image(file(out)).image;
  };
  const Image8 part = with("part.png", {"--mask", file("mask.png"), "--inpaint-full-res", "8", "--width", "32",
                                        "--height", "32", "--mask-blur", "1"});
  EXPECT_EQ(part.width, 64);
  EXPECT_EQ(part.pixels[0], 120);  // far from the mask: as it was, bit for bit
  EXPECT_NE(part.pixels, picture.pixels);
  const Image8 wide = with("wide.png", {"--outpaint", "0,0,16,0"});
  EXPECT_EQ(wide.width, 80);
  EXPECT_EQ(wide.pixels[0], 120);
  const Image8 large =
      with("large.png", {"--upscale", "2", "--strength", "0.5", "--tile", "64", "--tile-overlap", "16"});
  EXPECT_EQ(large.width, 128);
  EXPECT_EQ(large.height, 96);
  const std::string network =
      std::string(DIPTYCH_SOURCE_DIR) + "/tests/golden/cases/upscaler_rrdb_x4/model/model.safetensors";
  EXPECT_EQ(with("network.png", {"--upscale", "2", "--strength", "0", "--upscaler", network}).width, 128);
  expect_refused({model(), "-p", "x", "--init-image", file("picture.png"), "--outpaint", "1,2", "-o", file("x.png")}, 2,
                 {"LEFT,TOP,RIGHT,BOTTOM"});
  const auto enlarging = [&](std::vector<std::string> more) {
    more.insert(more.begin(), usual.begin(), usual.end());
    more.insert(more.end(), {"-o", file("x.png")});
    return more;
  };
  expect_refused(enlarging({"--upscale", "2", "--strength", "0", "--batch", "2"}), 2, {"one picture", "--batch"});
  expect_refused(enlarging({"--upscale", "2", "--hires", "2"}), 2, {"--upscale", "--hires"});
  expect_refused(enlarging({"--upscale", "2", "--dump-latents", file("x.safetensors")}), 2, {"--dump-latents"});
  expect_refused(enlarging({"--tile", "64"}), 2, {"--tile", "--upscale"});
  EXPECT_FALSE(fs::exists(file("x.png")));
}

TEST_F(Generate, TakesGreyPicturesAsWell) {
  Image8 picture{64, 48, 1, std::vector<uint8_t>(64 * 48, 120)}, mask = picture;
  std::fill_n(mask.pixels.begin() + 64 * 20, 64 * 8, 255);
  write_image(file("grey.png"), picture);
  write_image(file("mask.png"), mask);
  const auto make_from = [&](std::vector<std::string> more) {
    const std::vector<std::string> usual{model(),  "-p", "fox",          "--steps",       "2",
                                         "--seed", "1",  "--init-image", file("grey.png")};
    more.insert(more.begin(), usual.begin(), usual.end());
    more.insert(more.end(), {"-o", file("out.png")});
    make(more);
    return read_image(file("out.png")).image.width;
  };
  EXPECT_EQ(make_from({"--upscale", "2", "--strength", "0"}), 128);
  EXPECT_EQ(make_from({"--upscale", "2", "--strength", "0.5", "--tile", "64", "--tile-overlap", "16"}), 128);
  EXPECT_EQ(make_from({"--mask", file("mask.png"), "--inpaint-full-res", "8", "--width", "32", "--height", "32"}), 64);
}

TEST_F(Generate, LeavesWorkOutWhereThatIsAllowed) {
  const auto printed = nlohmann::json::parse(make({model(), "-p", "fox", "--steps", "6", "--seed", "3", "--cache",
                                                   "deepcache:3", "-o", file("fast.png"), "--json"}));
  EXPECT_EQ(printed["reused_evaluations"], 4);
  expect_refused({model(), "-p", "x", "--cache", "teacache", "-o", file("x.png")}, 1, {"use deepcache"});
}

// The layers of the small model are all too small to be rounded: what is looked at is the choice, not what it does
// (quantized_loading_test.cpp).
TEST_F(Generate, RoundsLinearLayersWhereThatIsAllowed) {
  const std::vector<std::string> usual{model(), "-p", "fox", "--steps", "2", "--seed", "3"};
  const auto with = [&](const std::string& name, std::vector<std::string> more) {
    more.insert(more.begin(), usual.begin(), usual.end());
    more.insert(more.end(), {"-o", file(name)});
    make(more);
    return read_image(file(name));
  };
  const ImageFile exact = with("exact.png", {}), rounded = with("rounded.png", {"--quantize", "q8_0"});
  EXPECT_EQ(rounded.image, exact.image);
  EXPECT_EQ(diffusion::restore_recipe(exact.texts)->recipe.quantize, "");
  EXPECT_EQ(diffusion::restore_recipe(rounded.texts)->recipe.quantize, "q8_0");
  expect_refused({model(), "-p", "x", "--quantize", "q4_0", "-o", file("x.png")}, 2, {"q4_0"});
}

TEST_F(Generate, MakesClassesAndReadsItsOwnLatents) {
  make({model("pipeline_dit"), "--class", "7", "--steps", "2", "--seed", "1", "-o", file("seven.png")});
  EXPECT_TRUE(fs::exists(file("seven.png")));
  make({model("pipeline_flux"), "-p", "fox", "--steps", "2", "--text-tokens", "16", "--width", "16", "--height", "16",
        "-o", file("a.png"), "--dump-latents", file("packed.safetensors")});
  make({model("pipeline_flux"), "-p", "fox", "--steps", "2", "--text-tokens", "16", "--width", "16", "--height", "16",
        "-o", file("b.png"), "--init-latents", file("packed.safetensors")});
  // Half precision, as diffusers computes in, is not read as if it were single.
  const std::vector<std::byte> halves(64 * 16 * 2);
  const std::array<NamedTensor, 1> tensors{{{"latents", DType::f16, {1, 16, 64}, halves}}};
  write_safetensors(file("half.safetensors"), tensors);
  expect_refused({model("pipeline_flux"), "-p", "fox", "--width", "16", "--height", "16", "-o", file("x.png"),
                  "--init-latents", file("half.safetensors")},
                 1, {"f16", "float32"});
}

// Of each step all images, also where second passes are made image by image.
TEST_F(Generate, DumpsTheStepsOfSecondPasses) {
  make(second_pass({"--dump-latents", file("latents.safetensors")}));
  const auto dumped = SafetensorsFile::open(file("latents.safetensors"));
  const auto values = [&](const char* name) {
    const WeightView view = dumped->require(name);
    const auto* first = reinterpret_cast<const float*>(view.data);
    return std::vector<float>(first, first + dumped->entry(name)->dims.elements());
  };
  const std::vector<float> latents = values("latents"), steps = values("latents_per_step");
  ASSERT_EQ(steps.size(), 2 * latents.size());
  EXPECT_EQ(std::vector<float>(steps.end() - std::ssize(latents), steps.end()), latents);
}

TEST_F(Generate, IsSteeredByOtherPictures) {
  const std::string cases = std::string(DIPTYCH_SOURCE_DIR) + "/tests/golden/cases/";
  const std::string adapter = cases + "ip_adapter_sd15/ip-adapter.safetensors",
                    encoder = cases + "image_encoder_clip/model";
  make({model(), "-p", "fox", "--steps", "2", "--seed", "1", "-o", file("start.png"), "--width", "32", "--height",
        "16"});
  const std::string picture = ":" + file("start.png");
  make({model(),
        "-p",
        "fox",
        "--steps",
        "2",
        "--seed",
        "1",
        "--width",
        "32",
        "--height",
        "16",
        "-o",
        file("end.png"),
        "--control",
        cases + "controlnet_sd15/model" + picture + ":0.8:0:0.9",
        "--control",
        cases + "t2i_adapter_full/model" + picture,
        "--control-preprocess",
        "canny:50:120",
        "--control-preprocess",
        "none",
        "--ip-adapter",
        adapter + picture + ":0.5",
        "--image-encoder",
        encoder,
        "--pag-scale",
        "2"});
  const ImageFile steered = read_image(file("end.png"));
  EXPECT_NE(steered.image, read_image(file("start.png")).image);
  const auto restored = diffusion::restore_recipe(steered.texts);
  ASSERT_TRUE(restored.has_value());
  const diffusion::Recipe& recipe = restored->recipe;
  ASSERT_EQ(recipe.controls.size(), 2u);
  EXPECT_EQ(recipe.controls[0].image.name, "start.png");
  EXPECT_EQ(recipe.controls[0].preprocess, "canny:50:120");
  EXPECT_EQ(recipe.controls[0].scale, 0.8);
  EXPECT_EQ(recipe.controls[0].end, 0.9);
  EXPECT_EQ(recipe.controls[1].preprocess, "");
  ASSERT_EQ(recipe.image_prompts.size(), 1u);
  EXPECT_EQ(recipe.image_prompts[0].adapter.name, "ip-adapter.safetensors");
  ASSERT_TRUE(recipe.perturbed_attention.has_value());
  EXPECT_EQ(recipe.perturbed_attention->scale, 2.0);
  const std::vector<std::string> start{model(), "-p", "x", "-o", file("x.png")};
  const auto refused = [&](std::vector<std::string> more, int status, const std::vector<std::string>& words) {
    more.insert(more.begin(), start.begin(), start.end());
    expect_refused(more, status, words);
  };
  refused({"--control", cases + "controlnet_sdxl_f16/model" + picture}, 2, {"ControlNetModel", "UNet2DConditionModel"});
  refused({"--control", "only-a-model"}, 2, {"--control", "MODEL:PICTURE"});
  refused({"--control", cases + "controlnet_sd15/model" + picture + ":much"}, 2, {"much"});
  refused({"--control", model() + "/unet" + picture}, 1, {"UNet2DConditionModel", "ControlNetModel"});
  refused({"--control", cases + "controlnet_sd15/model" + picture, "--control-preprocess", "depth"}, 2, {"depth"});
  refused({"--ip-adapter", adapter + picture}, 2, {"--image-encoder"});
  refused({"--ip-adapter", file("start.png") + picture, "--image-encoder", encoder}, 1, {"start.png", "safetensors"});
  refused({"--pag-scale", "2", "--pag-layers", "blocks.77"}, 2, {"blocks.77"});
}

TEST_F(Generate, AppliesAdaptersAndTellsTheRecipe) {
  const std::string lora = std::string(DIPTYCH_SOURCE_DIR) + "/tests/golden/cases/lora_sd15_kohya/lora.safetensors";
  const std::string words = std::string(DIPTYCH_SOURCE_DIR) + "/tests/golden/cases/pipeline_sd15_textual_inversion";
  fs::create_directories(home_ / "models/loras");
  fs::copy_file(lora, home_ / "models/loras/ink.safetensors");
  const std::vector<std::string> common{model(),   "-p", "ink-style fox", "--steps", "2", "--seed", "9",
                                        "--width", "32", "--height",      "16"};
  const auto made = [&](const std::string& name, const std::vector<std::string>& more) {
    std::vector<std::string> arguments = common;
    arguments.insert(arguments.end(), more.begin(), more.end());
    arguments.insert(arguments.end(), {"-o", file(name)});
    make(arguments);
    return read_image(file(name));
  };
  const ImageFile plain = made("plain.png", {}), none = made("none.png", {"--lora", lora + ":0"}),
                  half = made("half.png", {"--lora", lora + ":0.5", "--lora", lora + ":0.5:0"}),
                  live = made("live.png", {"--lora", lora + ":0.5", "--lora-mode", "live"}),
                  word = made("word.png", {"--embedding", words + "/ink-style.safetensors"});
  EXPECT_EQ(none.image.pixels, plain.image.pixels);
  EXPECT_NE(half.image.pixels, plain.image.pixels);
  EXPECT_NE(live.image.pixels, plain.image.pixels);
  EXPECT_NE(word.image.pixels, plain.image.pixels);
  const auto restored = diffusion::restore_recipe(half.texts);
  ASSERT_TRUE(restored.has_value());
  ASSERT_EQ(restored->recipe.adapters.size(), 2u);
  EXPECT_EQ(restored->recipe.adapters[1].denoiser_scale, 0.5);
  EXPECT_EQ(restored->recipe.adapters[1].text_encoder_scale, 0);
  EXPECT_EQ(restored->recipe.adapters[0].file.hash.size(), 64u);
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

// The shipped style does its work: the same heart in blue on white.
TEST_F(Generate, DrawsOnDelftTilesWithTheSampleAdapter) {
  const char* models = std::getenv("DIPTYCH_MODELS");
  const fs::path language_model = fs::path(models == nullptr ? "" : models) / "SmolLM2-135M-Instruct.Q4_1.gguf";
  if (!fs::exists(language_model)) GTEST_SKIP() << language_model << " is not there; 'make models' fetches it";
  const std::string adapter = std::string(DIPTYCH_SOURCE_DIR) + "/resources/style/delft.safetensors";
  make({"emoji-starter", "-p", "a red heart", "--steps", "6", "--seed", "1", "--lora", adapter + ":1", "-o",
        file("delft.png")});
  const Image8 picture = read_image(file("delft.png")).image;
  ASSERT_EQ(picture.width, 128);
  const size_t middle = 3 * (64 * 128 + 64);
  EXPECT_GT(picture.pixels[middle + 2], picture.pixels[middle] + 40) << "blue inside, where without it there is red";
  for (size_t channel = 0; channel < 3; ++channel)
    EXPECT_GT(picture.pixels[3 * (4 * 128 + 4) + channel], 220) << "glaze";
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
  expect_refused(
      {model(), "-p", "x", "--width", "2048", "--height", "2048", "--batch", "2", "--memory-limit", "0.05", "-o", out},
      1, {"GB", "are free", "one image at a time"});
  expect_refused({model(), "-p", "a fox <lora:ink:0.8>", "-o", out}, 1, {"ink", "put it into a folder"});
  EXPECT_FALSE(fs::exists(out));
}

}  // namespace
}  // namespace diptych::app
