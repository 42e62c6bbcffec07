#include "engine/diffusion/recipe/recipe.h"

#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>

#include "engine/core/error.h"
#include "engine/diffusion/recipe/parameters_text.h"
#include "engine/diffusion/recipe/recipe_names.h"
#include "engine/diffusion/recipe/recipe_reader.h"
#include "engine/diffusion/schedules/named_schedule.h"
#include "engine/diffusion/solvers/sampler.h"

using namespace diptych;
using namespace diptych::diffusion;

namespace {

// Everything is set.
Recipe whole_recipe() {
  Recipe recipe;
  recipe.program = "Diptych";
  recipe.engine_version = "0.1.0";
  recipe.prompt = "a (cat:1.2), \"quoted\" <lora:tagged:0.5>\nsecond line, Grüße 世界";
  recipe.negative_prompt = "blurry,\nlow quality: very";
  recipe.model = {"sd15", std::string(64, 'a')};
  recipe.vae = {"vae-ft-mse", std::string(64, 'b')};
  recipe.text_encoders = {{"clip_l", ""}, {"t5xxl", "12"}};
  recipe.seed = std::numeric_limits<uint64_t>::max();
  recipe.wildcard_seed = 7;
  recipe.variation = {42, 0.25};
  recipe.rng = "torch-cuda";
  recipe.sampler = "dpmpp_2m";
  recipe.schedule = "karras";
  recipe.eta = 0.5;
  recipe.steps = 20;
  recipe.width = 512;
  recipe.height = 768;
  recipe.guidance = 7.5;
  recipe.plain_prompt = true;
  recipe.classes = {207, 0};
  recipe.prediction = "v_prediction";
  recipe.guidance_begin = 0.1;
  recipe.guidance_end = 0.8;
  recipe.text_tokens = 120;
  recipe.cache = "first-block:0.05";
  recipe.quantize = "q8_0";
  recipe.guidance_rescale = 0.7;
  recipe.distilled_guidance = 3.5;
  recipe.flow_shift = 3;
  recipe.clip_skip = 2;
  recipe.adapters = {{{"tagged", "0123456789"}, 0.5, 0.5, true}, {{"beside", ""}, 0.25, 0.75, false}};
  recipe.embeddings = {{"easynegative", "c74b4e810b"}, {"fox", "ef"}};
  recipe.init = {{"photo.png", "cd"}, {"mask.png", ""}, 0.6, 4.5, 32, {8, 0, 16, 24}};
  recipe.hires = {2.0, 1024, 1536, 10, 0.55, "Latent"};
  recipe.refiner = {{"refiner_1.0", "0123456789"}, 0.75};
  recipe.upscale = {1.5, "lanczos", 768, 32};
  recipe.controls = {{{"edges", "0123456789"}, {"a.png", ""}, "canny:50:150", 0.8, 0.1, 0.9, true}, {}};
  recipe.image_prompts = {{{"ip-adapter", "ab"}, {"b.png", ""}, 0.6, {"vit-h", ""}}};
  recipe.perturbed_attention = {3.0, 0.002, {"mid", "up"}};
  recipe.workflow = R"({"nodes": [1, 2]})";
  return recipe;
}

Error refused(const std::string& json) {
  try {
    parse_recipe(json, "a.png");
  } catch (const Error& error) {
    EXPECT_EQ(error.category(), ErrorCategory::invalid_file);
    return error;
  }
  ADD_FAILURE() << json;
  return {ErrorCategory::io, "", "", "", ""};
}

}  // namespace

TEST(Recipe, GoesRoundAsJson) {
  const Recipe recipe = whole_recipe();
  EXPECT_EQ(parse_recipe(write_recipe(recipe), "a.png"), recipe);
  const Recipe empty;
  EXPECT_EQ(write_recipe(empty), R"({"diptych_recipe":1})");
  EXPECT_EQ(parse_recipe(write_recipe(empty), "a.png"), empty);
}

TEST(Recipe, IsStrictAndNamesTheKey) {
  EXPECT_EQ(refused(R"({"prompt": "a"})").thing(), "a.png");
  EXPECT_NE(refused(R"({"diptych_recipe": 1, "steps": "20"})").why().find("\"steps\""), std::string::npos);
  EXPECT_NE(refused(R"({"diptych_recipe": 1, "steps": -1})").why().find("\"steps\""), std::string::npos);
  EXPECT_NE(refused(R"({"diptych_recipe": 1, "seed": 1.5})").why().find("\"seed\""), std::string::npos);
  EXPECT_NE(refused(R"({"diptych_recipe": 1, "model": {"name": 1}})").why().find("\"model.name\""), std::string::npos);
  EXPECT_NE(refused(R"({"diptych_recipe": 1, "adapters": [{}, 1]})").why().find("\"adapters[1]\""), std::string::npos);
  EXPECT_NE(refused(R"({"diptych_recipe": 1, "future": 1})").why().find("\"future\""), std::string::npos);
  refused("[]");
  refused("{");
  refused(R"({"diptych_recipe": 2})");
  std::vector<std::string> unknown;
  parse_recipe(R"({"diptych_recipe": 1, "future": 1, "model": {"size": 2}})", "a.png", &unknown);
  EXPECT_EQ(unknown, (std::vector<std::string>{"model.size", "future"}));
}

TEST(Recipe, GoesRoundAsParameters) {
  Recipe recipe = whole_recipe();
  const std::string text = write_parameters(recipe);
  EXPECT_NE(text.find(R"(ControlNet 0: "Module: canny, Model: edges [0123456789], Weight: 0.8, Threshold A: 50, )"
                      R"(Threshold B: 150, Guidance Start: 0.1, Guidance End: 0.9, Control Mode: )"
                      R"(ControlNet is more important")"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("Refiner: refiner_1.0 [0123456789], Refiner switch at: 0.75"), std::string::npos) << text;
  EXPECT_NE(text.find("SD upscale overlap: 32, SD upscale upscaler: lanczos, SD upscale scale factor: 1.5"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("\nSteps: 20, Sampler: DPM++ 2M, Schedule type: Karras, CFG scale: 7.5"), std::string::npos)
      << text;
  const auto restored = restore_parameters(text);
  ASSERT_TRUE(restored);
  EXPECT_TRUE(restored->unrestored.empty());
  // What the text cannot hold, or holds in another way.
  recipe.program = "A1111";
  recipe.engine_version = "";
  recipe.prompt += " <lora:beside:0.25:0.75>";
  recipe.adapters[1].in_prompt = true;
  recipe.model.hash.resize(10);
  recipe.vae.hash.resize(10);
  recipe.text_encoders[1].hash = "";
  recipe.plain_prompt.reset();
  recipe.classes.clear();
  recipe.prediction = "";
  recipe.guidance_begin.reset();
  recipe.guidance_end.reset();
  recipe.text_tokens.reset();
  recipe.cache = "";
  recipe.quantize = "";
  recipe.init.reset();
  recipe.upscale->tile = 0;
  recipe.controls.pop_back();
  recipe.controls[0].image = {};
  recipe.image_prompts.clear();
  recipe.perturbed_attention.reset();
  recipe.workflow = "";
  EXPECT_EQ(restored->recipe, recipe);
}

TEST(Recipe, EverySamplerHasAName) {
  for (const std::string& name : sampler_names())
    EXPECT_EQ(sampling_of(ImageProgram::a1111, a1111_sampler_name(name)).sampler, name);
  for (const std::string& name : named_schedules())
    EXPECT_EQ(schedule_of(ImageProgram::a1111, a1111_schedule_name(name)), name);
  const auto both = [](ImageProgram program, const char* name) {
    const NamedSampling sampling = sampling_of(program, name);
    return sampling.sampler + "/" + sampling.schedule;
  };
  EXPECT_EQ(both(ImageProgram::a1111, "DPM++ 2M SDE Karras"), "dpmpp_2m_sde/karras");
  EXPECT_EQ(both(ImageProgram::a1111, "UniPC"), "uni_pc_bh2/");
  EXPECT_EQ(both(ImageProgram::a1111, "Restart"), "/");
  EXPECT_EQ(both(ImageProgram::comfyui, "dpmpp_2m_sde_gpu"), "dpmpp_2m_sde/");
  EXPECT_EQ(both(ImageProgram::comfyui, "euler_ancestral"), "euler_a/");
  EXPECT_EQ(both(ImageProgram::invokeai, "dpmpp_2m_sde_k"), "dpmpp_2m_sde/karras");
  EXPECT_EQ(both(ImageProgram::invokeai, "kdpm_2_a_k"), "dpm2_a/karras");
  EXPECT_EQ(both(ImageProgram::invokeai, "dpmpp_2s_k"), "/karras");
  EXPECT_EQ(both(ImageProgram::sd_cpp, "dpm++2m karras"), "dpmpp_2m/karras");
  EXPECT_EQ(both(ImageProgram::sd_cpp, "euler_a discrete"), "euler_a/normal");
  EXPECT_EQ(both(ImageProgram::sd_cpp, "dpm++2s_a"), "dpmpp_2s_a/");
}

TEST(ParametersText, ReadsValuesWithCommas) {
  const auto text = parse_parameters_text(
      "cat\r\nSteps: 20, Lora hashes: \"a: 1, b: 2\", ControlNet 0: \"Module: canny, Weight: 1\", "
      "Civitai resources: [{\"type\":\"lora\",\"weight\":0.8}, {\"a\":\"]\"}], Version: v1.9\nTemplate: \"a "
      "{cat|dog}\"");
  ASSERT_TRUE(text);
  EXPECT_EQ(text->prompt, "cat");
  EXPECT_EQ(*text->find("Lora hashes"), "a: 1, b: 2");
  EXPECT_EQ(*text->find("Civitai resources"), R"([{"type":"lora","weight":0.8}, {"a":"]"}])");
  EXPECT_EQ(*text->find("Version"), "v1.9");
  EXPECT_EQ(*text->find("Template"), "a {cat|dog}");
}

// A value whose brackets do not close ends at a comma; with many of them, none may look through all the others.
TEST(ParametersText, OfManyOpenBracketsIsReadAtOnce) {
  std::string line = "x\nSteps: 20, Seed: 1, Size: 64x64, List: [1, 2]";
  constexpr size_t open = 300000;
  for (size_t i = 0; i < open; ++i) line += ", a: [";
  const auto text = parse_parameters_text(line);
  ASSERT_TRUE(text);
  EXPECT_EQ(text->values.size(), 4 + open);
  EXPECT_EQ(*text->find("List"), "[1, 2]");
}

TEST(ParametersText, IsNotAnyText) {
  EXPECT_FALSE(parse_parameters_text(""));
  EXPECT_FALSE(parse_parameters_text("a cat: black, small"));
  EXPECT_FALSE(parse_parameters_text("{\"a\": 1}"));
  const auto only_values = parse_parameters_text("Steps: 20, Sampler: Euler, Seed: 1");
  ASSERT_TRUE(only_values);
  EXPECT_EQ(only_values->prompt, "");
  const auto unclosed = parse_parameters_text("x\nSteps: 20, Seed: 1, A: \"b, C: d");
  ASSERT_TRUE(unclosed);
  EXPECT_EQ(*unclosed->find("C"), "d");
}
