// Settings restored from pictures of each program, as a dropped picture brings them.
#include <array>

#include "tests/engine/host/images/image_host_testing.h"

namespace diptych::host {
namespace {

using api::Json;

class ImageRecipesTest : public ImageHostTest {
 protected:
  // A PNG with this text, written by hand: no writer of ours makes other programs' chunks.
  static std::string picture_with(const std::string& key, const std::string& text) {
    const std::string plain = png(8, 1);
    const std::string body = "tEXt" + key + std::string(1, '\0') + text;
    uint32_t crc = 0xffffffff;  // PNG, annex D
    for (const char c : body) {
      crc ^= static_cast<unsigned char>(c);
      for (int bit = 0; bit < 8; ++bit) crc = crc & 1 ? 0xedb88320 ^ (crc >> 1) : crc >> 1;
    }
    constexpr size_t behind_header = 8 + 25;
    return plain.substr(0, behind_header) + big_endian(static_cast<uint32_t>(body.size() - 4)) + body +
           big_endian(~crc) + plain.substr(behind_header);
  }
  static std::string corpus(const std::string& name) {
    std::ifstream file(std::string(DIPTYCH_SOURCE_DIR) + "/tests/fuzz/corpus/recipe/" + name, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(file), {}).substr(1);
  }
  Json restored(const std::string& key, const std::string& text) {
    const Reply reply = post_picture("/api/images/recipe", picture_with(key, text));
    EXPECT_EQ(reply.status, 200) << reply.text;
    return reply.json;
  }
  static bool misses(const Json& answer, const std::string& name, const std::string& value) {
    for (const Json& one : answer["missing"]) {
      if (one["name"] == name && one["value"] == value) return !one["why"].get<std::string>().empty();
    }
    return false;
  }

 private:
  static std::string big_endian(uint32_t value) {
    std::string bytes;
    for (const int shift : {24, 16, 8, 0}) bytes += static_cast<char>(value >> shift);
    return bytes;
  }
};

TEST_F(ImageRecipesTest, OursFindWhatTheyWereMadeFromWhereItIsStillHere) {
  const std::string picture = post_picture("/api/images/uploads", png(64, 40)).json["id"];
  const std::string mask = post_picture("/api/images/uploads", png(64, 255, 1)).json["id"];
  const Json image = make({{"seed", 3}, {"init", {{"image", picture}, {"mask", mask}, {"strength", 0.6}}}})[0];
  const std::string file = client().get("/api/images/" + image["id"].get<std::string>() + "/file").text;
  const Json here = post_picture("/api/images/recipe", file).json;
  EXPECT_EQ(here["settings"]["init"]["image"], picture);
  EXPECT_EQ(here["settings"]["init"]["mask"], mask);
  EXPECT_EQ(here["settings"]["init"]["strength"], 0.6);
  EXPECT_EQ(here["missing"], Json::array()) << here["missing"];
  std::filesystem::remove(folder_.path() / "uploads" / mask);
  std::filesystem::remove(folder_.path() / "uploads" / picture);
  const Json gone = post_picture("/api/images/recipe", file).json;
  EXPECT_TRUE(gone["settings"]["init"].is_null());
  EXPECT_TRUE(misses(gone, "image to start from", picture));
  EXPECT_TRUE(misses(gone, "mask", mask));
}

TEST_F(ImageRecipesTest, A1111) {
  const Json answer = restored("parameters", corpus("a1111"));
  const Json& settings = answer["settings"];
  EXPECT_EQ(settings["prompt"], "masterpiece, (cat:1.2) <lora:x:0.8>");
  EXPECT_EQ(settings["negative"], "blurry");
  EXPECT_EQ(settings["steps"], 25);
  EXPECT_EQ(settings["sampler"], "dpmpp_2m_sde");
  EXPECT_EQ(settings["seed"], 3409876543);
  EXPECT_EQ(settings["width"], 512);
  EXPECT_EQ(settings["height"], 768);
  EXPECT_EQ(settings["hires"]["scale"], 1.5);
  EXPECT_TRUE(misses(answer, "adapter", "x"));
  const Json word = restored("parameters", "a fox\nSteps: 2, Seed: 1, Size: 64x64, TI hashes: \"fox: c74b4e810b\"");
  EXPECT_TRUE(misses(word, "embedding", "fox")) << word;
}

TEST_F(ImageRecipesTest, ComfyUiWithItsModelAndWorkflow) {
  const Json answer = restored("prompt", corpus("comfyui"));
  EXPECT_EQ(answer["program"], "ComfyUI");
  EXPECT_EQ(answer["settings"]["sampler"], "dpmpp_2m_sde");
  EXPECT_EQ(answer["settings"]["schedule"], "karras");
  EXPECT_EQ(answer["settings"]["guidance"], 8.0);
  EXPECT_TRUE(misses(answer, "seed", "18446744073709551615")) << "ComfyUI's may be larger than ours";
  EXPECT_EQ(restored("workflow", R"({"nodes": []})")["workflow"], true);
}

TEST_F(ImageRecipesTest, InvokeAiAndStableDiffusionCpp) {
  const Json invoke = restored("invokeai_metadata", corpus("invokeai"));
  EXPECT_EQ(invoke["program"], "InvokeAI");
  EXPECT_EQ(invoke["settings"]["seed"], 2347283);
  EXPECT_EQ(invoke["settings"]["width"], 832);
  EXPECT_TRUE(misses(invoke, "model", "Juggernaut XL"));
  const Json cpp = restored("parameters", corpus("sd_cpp"));
  EXPECT_EQ(cpp["settings"]["rng"], "torch-cuda");
  EXPECT_EQ(cpp["settings"]["sampler"], "euler_a");
  EXPECT_EQ(cpp["settings"]["prompt"], "A field");
  // It writes both scales for every model; the distilled one is of those that are told it.
  const auto guidance = [&](const std::string& scale) -> double {
    const std::string line = "x\nSteps: 4, CFG scale: " + scale +
                             ", Guidance: 3.5, Seed: 1, Size: 64x64, Sampler: euler, Version: stable-diffusion.cpp";
    return restored("parameters", line)["settings"]["guidance"];
  };
  EXPECT_EQ(guidance("5.0"), 5.0);
  EXPECT_EQ(guidance("1.0"), 3.5);
}

TEST_F(ImageRecipesTest, UpscalersOfOthersAreFoundOrTold) {
  const auto models = folder_.path() / "models/upscale_models";
  std::filesystem::create_directories(models);
  std::ofstream(models / "4x-Sharp.safetensors") << "12345";
  const auto with = [&](const std::string& name) {
    const std::string upscaler = "Hires upscale: 2, Hires upscaler: " + name;
    return restored("parameters", "x\nSteps: 4, Sampler: Euler, Seed: 1, Size: 64x64, " + upscaler);
  };
  using Names = std::vector<std::pair<std::string, std::string>>;
  for (const auto& [name, ours] : Names{{"Latent", "latent"}, {"Lanczos", "lanczos"}, {"4x-Sharp", "4x-Sharp"}}) {
    const Json answer = with(name);
    EXPECT_EQ(answer["settings"]["hires"]["upscaler"], ours);
    EXPECT_EQ(answer["missing"], Json::array()) << answer["missing"];
  }
  for (const auto& [name, ours] : Names{{"Latent (bicubic)", "latent"}, {"Nearest", "bicubic"}, {"ESRGAN_4x", ""}}) {
    const Json answer = with(name);
    EXPECT_EQ(answer["settings"]["hires"]["upscaler"], ours);
    EXPECT_TRUE(misses(answer, "upscaler", name)) << answer["missing"];
  }
}

TEST_F(ImageRecipesTest, OwnPicturesComeBackAsTheyWere) {
  const Json image = make({{"prompt", "a cat"},
                           {"negative", "dog"},
                           {"seed", 77},
                           {"sampler", "euler"},
                           {"schedule", "karras"},
                           {"steps", 3},
                           {"guidance", 4.5},
                           {"clip_skip", 2},
                           {"rng", "torch-cpu"}})[0];
  const std::string bytes = client().get("/api/images/" + image["id"].get<std::string>() + "/file").text;
  const Json answer = post_picture("/api/images/recipe", bytes).json;
  EXPECT_EQ(answer["program"], "Diptych");
  EXPECT_EQ(answer["missing"].size(), 0u) << answer["missing"].dump();
  for (const char* name : {"model", "prompt", "negative", "seed", "sampler", "schedule", "steps", "guidance",
                           "clip_skip", "rng", "width", "height"}) {
    EXPECT_EQ(answer["settings"][name], image["settings"][name]) << name;
  }
}

TEST_F(ImageRecipesTest, NothingThatChangesAPictureIsForgotten) {
  const std::string picture = post_picture("/api/images/uploads", png(64, 40)).json["id"];
  const std::string mask = post_picture("/api/images/uploads", png(64, 255, 1)).json["id"];
  const Json asked{{"plain_prompt", true},
                   {"guidance_rescale", 0.5},
                   {"guidance_begin", 0.1},
                   {"guidance_end", 0.8},
                   {"pag_scale", 2.0},
                   {"pag_adaptive", 0.25},
                   {"pag_layers", {"mid_block", "^up_blocks\\.1\\b"}},
                   {"eta", 0.5},
                   {"flow_shift", 2.5},
                   {"prediction", "v_prediction"},
                   {"quantize", "q8_0"},
                   {"cache", "first-block:0.05"},
                   {"classes", {3}},
                   {"init",
                    {{"image", picture},
                     {"mask", mask},
                     {"strength", 0.6},
                     {"mask_blur", 0.0},
                     {"full_resolution", true},
                     {"padding", 8}}}};
  Json settings = asked;
  settings["seed"] = 3;
  const Json image = make(settings)[0];
  const std::string file = client().get("/api/images/" + image["id"].get<std::string>() + "/file").text;
  const Json answer = post_picture("/api/images/recipe", file).json;
  EXPECT_EQ(answer["missing"], Json::array());
  for (const auto& [name, value] : asked.items()) {
    if (name != "init") {
      EXPECT_EQ(answer["settings"][name], value) << name;
    }
  }
  for (const auto& [name, value] : asked["init"].items()) EXPECT_EQ(answer["settings"]["init"][name], value) << name;
}

TEST_F(ImageRecipesTest, WhatOnlyTheCommandLineKnowsIsListed) {
  const Json answer =
      restored("diptych", R"({"diptych_recipe": 1, "program": "Diptych", "prompt": "x", "text_tokens": 120})");
  EXPECT_TRUE(misses(answer, "text tokens", "120"));
  EXPECT_EQ(answer["missing"].size(), 1u) << answer["missing"];
}

TEST_F(ImageRecipesTest, EnlargedPicturesNameTheirSource) {
  const std::string source = make({{"seed", 3}, {"prompt", "a cat"}})[0]["id"];
  const Json upscale{{"scale", 2.0}, {"upscaler", "bicubic"}, {"tile", 32}, {"overlap", 8}};
  const Json image =
      make({{"prompt", "a cat"}, {"init", {{"image", source}, {"strength", 0.3}}}, {"upscale", upscale}})[0];
  EXPECT_EQ(image["recipe"]["init"]["image"]["name"], source);
  EXPECT_EQ(image["recipe"]["upscale"]["scale"], 2.0);
  const std::string file = client().get("/api/images/" + image["id"].get<std::string>() + "/file").text;
  EXPECT_NE(file.find("Denoising strength: 0.3, SD upscale overlap: 8, SD upscale upscaler: bicubic"),
            std::string::npos);
  const Json here = post_picture("/api/images/recipe", file).json;
  EXPECT_EQ(here["settings"]["init"]["image"], source);
  EXPECT_EQ(here["settings"]["upscale"], upscale);
  EXPECT_EQ(here["missing"], Json::array()) << here["missing"];
  const Json gone = restored("parameters",
                             "x\nSteps: 4, Sampler: Euler, Seed: 1, Size: 64x64, Postprocess upscale "
                             "by: 4, Postprocess upscaler: Lanczos");
  EXPECT_TRUE(gone["settings"]["upscale"].is_null());
  EXPECT_TRUE(misses(gone, "enlargement", "Lanczos"));
}

TEST_F(ImageRecipesTest, RefinersAreFoundByTheirName) {
  const Json refiner{{"model", "other-painter"}, {"switch_at", 0.7}};
  const Json image = make({{"seed", 3}, {"refiner", refiner}})[0];
  const std::string file = client().get("/api/images/" + image["id"].get<std::string>() + "/file").text;
  EXPECT_NE(file.find("Refiner: other-painter, Refiner switch at: 0.7"), std::string::npos);
  const Json here = post_picture("/api/images/recipe", file).json;
  EXPECT_EQ(here["settings"]["refiner"], refiner);
  EXPECT_EQ(here["missing"], Json::array());
  EXPECT_EQ(client().post("/api/images", {{"model", "painter"}, {"refiner", {{"model", "tiny"}}}}).status, 422);
  EXPECT_EQ(client().post("/api/images", {{"model", "painter"}, {"refiner", {{"model", "nobody"}}}}).status, 404);
  const Json gone = restored("parameters", "x\nSteps: 4, Sampler: Euler, Seed: 1, Size: 64x64, Refiner: nobody");
  EXPECT_TRUE(gone["settings"]["refiner"].is_null());
  EXPECT_TRUE(misses(gone, "refiner", "nobody"));
}

TEST_F(ImageRecipesTest, ControlsComeBackAsTheyWere) {
  const auto models = folder_.path() / "models";
  std::filesystem::create_directories(models / "ControlNet");
  std::ofstream(models / "ControlNet/edges.safetensors") << "12345";
  const std::string picture = post_picture("/api/images/uploads", png(64, 40)).json["id"];
  const Json controls{{{"model", "edges"},
                       {"image", picture},
                       {"preprocess", "canny"},
                       {"low", 50.0},
                       {"high", 150.5},
                       {"scale", 0.8},
                       {"begin", 0.1},
                       {"end", 0.9},
                       {"guess", true}}};
  const Json image = make({{"seed", 3}, {"controls", controls}})[0];
  const std::string file = client().get("/api/images/" + image["id"].get<std::string>() + "/file").text;
  const Json here = post_picture("/api/images/recipe", file).json;
  EXPECT_EQ(here["settings"]["controls"], controls);
  EXPECT_EQ(here["missing"], Json::array());
}

TEST_F(ImageRecipesTest, ModelsAreFoundByTheirName) {
  const Json answer = restored(
      "parameters", "x\nSteps: 4, Sampler: Euler, Seed: 1, Size: 64x64, Model: Painter, Model hash: 0123456789");
  EXPECT_EQ(answer["settings"]["model"], "painter");
}

TEST_F(ImageRecipesTest, PicturesToResembleComeBackWithTheirAdapter) {
  const auto models = folder_.path() / "models";
  for (const char* file : {"ipadapter/plus.safetensors", "clip_vision/vit-h.safetensors"}) {
    std::filesystem::create_directories((models / file).parent_path());
    std::ofstream(models / file) << "12345";
  }
  const std::string picture = post_picture("/api/images/uploads", png(64, 40)).json["id"];
  const Json prompts{{{"adapter", "plus"}, {"image", picture}, {"encoder", "vit-h"}, {"scale", 0.6}}};
  const Json image = make({{"seed", 3}, {"image_prompts", prompts}})[0];
  const std::string file = client().get("/api/images/" + image["id"].get<std::string>() + "/file").text;
  const Json here = post_picture("/api/images/recipe", file).json;
  EXPECT_EQ(here["settings"]["image_prompts"], prompts);
  EXPECT_EQ(here["missing"], Json::array());
  std::filesystem::remove(models / "clip_vision/vit-h.safetensors");
  const Json blind = post_picture("/api/images/recipe", file).json;
  EXPECT_EQ(blind["settings"]["image_prompts"][0]["encoder"], "");
  EXPECT_TRUE(misses(blind, "image encoder", "vit-h"));
  std::filesystem::remove(folder_.path() / "uploads" / picture);
  const Json gone = post_picture("/api/images/recipe", file).json;
  EXPECT_EQ(gone["settings"]["image_prompts"], Json::array());
  EXPECT_TRUE(misses(gone, "image prompt", "plus"));
}

TEST_F(ImageRecipesTest, PicturesCarryTheirModelsHash) {
  const auto unet = folder_.path() / "models/painter/unet";
  std::filesystem::create_directories(unet);
  std::ofstream(unet.parent_path() / "model_index.json")
      << R"({"_class_name": "StableDiffusionPipeline", "unet": ["diffusers", "UNet2DConditionModel"]})";
  std::ofstream(unet / "diffusion_pytorch_model.safetensors") << "abc";
  const std::string hash = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";  // as sha256sum says
  const Json images = make({{"seed", 1}, {"count", 2}});
  for (const Json& image : images) {
    EXPECT_EQ(image["recipe"]["model"]["hash"], hash);
    const std::string file = client().get("/api/images/" + image["id"].get<std::string>() + "/file").text;
    EXPECT_NE(file.find("Model hash: ba7816bf8f, "), std::string::npos);
  }
  EXPECT_EQ(images.size(), 2u);
  // Another name, here or in the picture, does not hide it; a name alone is enough, but what it hides is told.
  std::filesystem::rename(unet.parent_path(), folder_.path() / "models/sculptor");
  const auto with = [&](const std::string& model) {
    return restored("parameters", "x\nSteps: 4, Sampler: Euler, Seed: 1, Size: 64x64, " + model);
  };
  EXPECT_EQ(with("Model hash: ba7816bf8f, Model: other-painter")["settings"]["model"], "sculptor");
  EXPECT_EQ(with("Model hash: BA7816BF8F")["missing"], Json::array());
  const Json changed = with("Model hash: 0123456789, Model: Sculptor");
  EXPECT_EQ(changed["settings"]["model"], "sculptor");
  EXPECT_TRUE(misses(changed, "model hash", "0123456789"));
  const Json unknown = with("Model hash: 0123456789, Model: other-painter");
  EXPECT_EQ(unknown["settings"]["model"], "other-painter");
  EXPECT_EQ(unknown["missing"], Json::array()) << "nobody knows its hash";
  EXPECT_TRUE(misses(with("Model hash: 0123456789, Model: nobody"), "model", "nobody"));
}

TEST_F(ImageRecipesTest, PicturesWithoutARecipeAreRefused) {
  EXPECT_EQ(post_picture("/api/images/recipe", png(8, 1)).status, 422);
  EXPECT_EQ(post_picture("/api/images/recipe", "no picture").status, 422);
}

}  // namespace
}  // namespace diptych::host
