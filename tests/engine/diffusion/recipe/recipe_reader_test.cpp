// Metadata as the programs write them, shortened where nothing is read.
#include "engine/diffusion/recipe/recipe_reader.h"

#include <gtest/gtest.h>

#include <set>

using namespace diptych;
using namespace diptych::diffusion;

namespace {

std::set<std::string> names(const RestoredRecipe& restored) {
  std::set<std::string> found;
  for (const Unrestored& entry : restored.unrestored) found.insert(entry.name);
  return found;
}

RestoredRecipe restore(const ImageTexts& texts) {
  auto restored = restore_recipe(texts);
  EXPECT_TRUE(restored);
  return restored.value_or(RestoredRecipe{});
}

}  // namespace

TEST(RecipeReader, A1111) {
  const RestoredRecipe restored = restore(
      {{"parameters",
        "masterpiece, (cat:1.2) <lora:add_detail:0.8>\nin a garden\nNegative prompt: blurry, [ugly]\nbad hands\n"
        "Steps: 25, Sampler: DPM++ 2M SDE, Schedule type: Automatic, CFG scale: 6.5, Seed: 3409876543, Size: 512x768, "
        "Model hash: 6ce0161689, Model: v1-5-pruned-emaonly, VAE hash: 63aeecb90f, VAE: vae-ft-mse.safetensors, "
        "Denoising strength: 0.45, Clip skip: 2, ENSD: 31337, Hires upscale: 1.5, Hires steps: 12, Hires upscaler: "
        "R-ESRGAN 4x+, Lora hashes: \"add_detail: 7c6bad76eb54\", TI hashes: \"bad-hands: c74b4e810b, fox: 1\", "
        "ControlNet 0: \"Module: canny, Model: x\", "
        "Version: v1.10.1"}});
  const Recipe& recipe = restored.recipe;
  EXPECT_EQ(recipe.program, "A1111");
  EXPECT_EQ(recipe.prompt, "masterpiece, (cat:1.2) <lora:add_detail:0.8>\nin a garden");
  EXPECT_EQ(recipe.negative_prompt, "blurry, [ugly]\nbad hands");
  EXPECT_EQ(recipe.steps, 25);
  EXPECT_EQ(recipe.sampler, "dpmpp_2m_sde");
  EXPECT_EQ(recipe.schedule, "exponential");
  EXPECT_EQ(recipe.guidance, 6.5);
  EXPECT_EQ(recipe.seed, 3409876543u);
  EXPECT_EQ(recipe.width, 512);
  EXPECT_EQ(recipe.height, 768);
  EXPECT_EQ(recipe.model, (RecipeFile{"v1-5-pruned-emaonly", "6ce0161689"}));
  EXPECT_EQ(recipe.vae, (RecipeFile{"vae-ft-mse.safetensors", "63aeecb90f"}));
  EXPECT_EQ(recipe.clip_skip, 2);
  EXPECT_EQ(recipe.rng, "torch-cuda");
  EXPECT_EQ(recipe.hires, (RecipeHires{1.5, {}, {}, 12, 0.45, "R-ESRGAN 4x+"}));
  EXPECT_EQ(recipe.adapters, (std::vector<RecipeAdapter>{{{"add_detail", "7c6bad76eb54"}, 0.8, 0.8, true}}));
  EXPECT_EQ(recipe.embeddings, (std::vector<RecipeFile>{{"bad-hands", "c74b4e810b"}, {"fox", "1"}}));
  EXPECT_EQ(recipe.controls, (std::vector<RecipeControl>{{.model = {"x", ""}, .image = {}, .preprocess = "canny"}}));
  EXPECT_EQ(names(restored), (std::set<std::string>{"ENSD"}));
}

TEST(RecipeReader, RefinersOfA1111AndInvokeAi) {
  const RestoredRecipe restored = restore(
      {{"parameters",
        "a\nSteps: 20, Seed: 1, Size: 64x64, Refiner: sd_xl_refiner_1.0 [7440042bbd], Refiner switch at: 0.7"}});
  EXPECT_EQ(restored.recipe.refiner, (RecipeRefiner{{"sd_xl_refiner_1.0", "7440042bbd"}, 0.7}));
  EXPECT_TRUE(restored.unrestored.empty());
  EXPECT_FALSE(restore({{"parameters", "a\nSteps: 20, Seed: 1, Size: 64x64, Refiner switch at: 0.7"}}).recipe.refiner);
  const RestoredRecipe invoke =
      restore({{"invokeai_metadata", R"({"positive_prompt": "a", "seed": 1, "refiner_model": {"name": "xl refiner",
        "hash": "blake3:1"}, "refiner_start": 0.6})"}});
  EXPECT_EQ(invoke.recipe.refiner->model.name, "xl refiner");
  EXPECT_EQ(invoke.recipe.refiner->switch_at, 0.6);
}

TEST(RecipeReader, ControlNetsOfA1111) {
  const RestoredRecipe restored = restore(
      {{"parameters",
        "a\nSteps: 20, Seed: 1, Size: 64x64, ControlNet 0: \"Module: canny, Model: control_v11p_sd15_canny [d14c016b], "
        "Weight: 0.75, Resize Mode: Crop and Resize, Low Vram: False, Processor Res: 512, Threshold A: 80, Threshold "
        "B: 190, Guidance Start: 0.1, Guidance End: 0.6, Pixel Perfect: True, Control Mode: ControlNet is more "
        "important\", ControlNet 1: \"Module: none, Model: depth, Control Mode: My prompt is more important\", "
        "ControlNet 2: \"preprocessor: canny, weight: 1\""}});
  ASSERT_EQ(restored.recipe.controls.size(), 2u);
  const RecipeControl edges{.model = {"control_v11p_sd15_canny", "d14c016b"},
                            .image = {},
                            .preprocess = "canny:80:190",
                            .scale = 0.75,
                            .begin = 0.1,
                            .end = 0.6,
                            .guess = true};
  EXPECT_EQ(restored.recipe.controls[0], edges);
  EXPECT_EQ(restored.recipe.controls[1], (RecipeControl{.model = {"depth", ""}, .image = {}, .preprocess = ""}));
  EXPECT_EQ(names(restored), (std::set<std::string>{"ControlNet 1 Control Mode", "ControlNet 2"}));
}

TEST(RecipeReader, EnlargementsOfA1111) {
  const std::string head = "a\nSteps: 20, Sampler: Euler, Seed: 1, Size: 64x64, ";
  const RestoredRecipe script = restore({{"parameters", head + "Denoising strength: 0.3, SD upscale overlap: 96, SD "
                                                               "upscale upscaler: Remacri 4x"}});
  EXPECT_EQ(script.recipe.upscale, (RecipeUpscale{.scale = 2, .upscaler = "Remacri 4x", .overlap = 96}));
  EXPECT_EQ(script.recipe.init->strength, 0.3);
  const RestoredRecipe extras =
      restore({{"parameters", head + "Postprocess upscale by: 4, Postprocess upscaler: R-ESRGAN 4x+"}});
  EXPECT_EQ(extras.recipe.upscale, (RecipeUpscale{.scale = 4, .upscaler = "R-ESRGAN 4x+"}));
  EXPECT_EQ(extras.recipe.init->strength, 0);
  EXPECT_EQ(names(extras), (std::set<std::string>{"Initial picture"}));
}

TEST(RecipeReader, A1111OfOlderVersions) {
  const RestoredRecipe restored =
      restore({{"parameters",
                "a cat\nSteps: 20, Sampler: DPM++ 2M Karras, CFG scale: 7, Seed: 1, Face restoration: CodeFormer, "
                "Size: 512x512, Model hash: 81761151, Denoising strength: 0.7"}});
  EXPECT_EQ(restored.recipe.sampler + "/" + restored.recipe.schedule, "dpmpp_2m/karras");
  ASSERT_TRUE(restored.recipe.init);
  EXPECT_EQ(restored.recipe.init->strength, 0.7);
  EXPECT_EQ(names(restored), (std::set<std::string>{"Face restoration", "Initial picture"}));
  const RestoredRecipe restart =
      restore({{"parameters", "a\nSteps: x, Sampler: Restart, Schedule type: Align Your Steps, Seed: -1, RNG: CPU"}});
  EXPECT_EQ(names(restart), (std::set<std::string>{"Steps", "Sampler", "Schedule type", "Seed"}));
  EXPECT_EQ(restart.recipe.rng, "torch-cpu");
}

TEST(RecipeReader, StableDiffusionCpp) {
  const RestoredRecipe restored =
      restore({{"parameters",
                "A sunflower field\nNegative prompt: Blue sky\nSteps: 30, CFG scale: 5.000000, Skip layers: [7, 8, "
                "9, ], Guidance: 3.500000, Eta: 0.000000, Seed: 1375127038, Size: 512x512, Model: "
                "v1-5-pruned-emaonly.safetensors, RNG: cuda, Sampler: euler_a karras, TE: t5xxl.gguf, VAE: "
                "ae.safetensors, Version: stable-diffusion.cpp"}});
  const Recipe& recipe = restored.recipe;
  EXPECT_EQ(recipe.program, "stable-diffusion.cpp");
  EXPECT_EQ(recipe.prompt, "A sunflower field");
  EXPECT_EQ(recipe.negative_prompt, "Blue sky");
  EXPECT_EQ(recipe.sampler + "/" + recipe.schedule, "euler_a/karras");
  EXPECT_EQ(recipe.guidance, 5.0);
  EXPECT_EQ(recipe.distilled_guidance, 3.5);
  EXPECT_EQ(recipe.eta, std::nullopt);  // that of ancestral samplers is another
  EXPECT_EQ(recipe.rng, "torch-cuda");
  EXPECT_EQ(recipe.text_encoders, (std::vector<RecipeFile>{{"t5xxl.gguf", ""}}));
  EXPECT_EQ(names(restored), (std::set<std::string>{"Skip layers"}));
}

TEST(RecipeReader, ComfyUi) {
  const std::string graph = R"({
    "3": {"class_type": "KSampler", "is_changed": [NaN], "inputs": {"seed": 18446744073709551615, "steps": 20, "cfg": 8.0,
      "sampler_name": "dpmpp_2m_sde_gpu", "scheduler": "karras", "denoise": 1.0, "model": ["11", 0],
      "positive": ["6", 0], "negative": ["7", 0], "latent_image": ["5", 0]}},
    "4": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "sd15\\v1-5-pruned.safetensors"}},
    "5": {"class_type": "EmptyLatentImage", "inputs": {"width": 640, "height": 448, "batch_size": 1}},
    "6": {"class_type": "CLIPTextEncode", "inputs": {"text": ["20", 0], "clip": ["12", 0]}},
    "7": {"class_type": "CLIPTextEncode", "inputs": {"text": "watermark", "clip": ["12", 0]}},
    "8": {"class_type": "VAEDecode", "inputs": {"samples": ["3", 0], "vae": ["13", 0]}},
    "9": {"class_type": "SaveImage", "inputs": {"filename_prefix": "x", "images": ["8", 0]}},
    "10": {"class_type": "LoraLoader", "inputs": {"lora_name": "styles/ink.safetensors", "strength_model": 0.8,
      "strength_clip": 0.6, "model": ["4", 0], "clip": ["4", 1]}},
    "11": {"class_type": "FreeU_V2", "inputs": {"b1": 1.3, "model": ["14", 0]}},
    "12": {"class_type": "CLIPSetLastLayer", "inputs": {"stop_at_clip_layer": -2, "clip": ["14", 1]}},
    "13": {"class_type": "VAELoader", "inputs": {"vae_name": "vae-ft-mse.safetensors"}},
    "14": {"class_type": "LoraLoader", "inputs": {"lora_name": "more.safetensors", "strength_model": 0.3,
      "strength_clip": 0.2, "model": ["10", 0], "clip": ["10", 1]}},
    "20": {"class_type": "PrimitiveStringMultiline", "inputs": {"value": "a (fox) here"
}
}
})";
  const RestoredRecipe restored = restore({{"prompt", graph}, {"workflow", R"({"nodes":[]})"}});
  const Recipe& recipe = restored.recipe;
  EXPECT_EQ(recipe.program, "ComfyUI");
  EXPECT_EQ(recipe.prompt, "a (fox) here");
  EXPECT_EQ(recipe.negative_prompt, "watermark");
  EXPECT_EQ(recipe.seed, 18446744073709551615u);
  EXPECT_EQ(recipe.rng, "torch-cpu");
  EXPECT_EQ(recipe.steps, 20);
  EXPECT_EQ(recipe.guidance, 8.0);
  EXPECT_EQ(recipe.sampler + "/" + recipe.schedule, "dpmpp_2m_sde/karras");
  EXPECT_EQ(recipe.width, 640);
  EXPECT_EQ(recipe.height, 448);
  EXPECT_EQ(recipe.model.name, "v1-5-pruned.safetensors");
  EXPECT_EQ(recipe.vae.name, "vae-ft-mse.safetensors");
  EXPECT_EQ(recipe.clip_skip, 2);
  EXPECT_EQ(recipe.adapters,
            (std::vector<RecipeAdapter>{{{"ink", ""}, 0.6, 0.8, false}, {{"more", ""}, 0.2, 0.3, false}}));
  EXPECT_EQ(recipe.init, std::nullopt);
  EXPECT_EQ(recipe.hires, std::nullopt);
  EXPECT_EQ(recipe.workflow, R"({"nodes":[]})");
  EXPECT_EQ(names(restored), (std::set<std::string>{"FreeU_V2", "prompt weights"}));
}

TEST(RecipeReader, ComfyUiWithFluxAndSeparateNodes) {
  const RestoredRecipe restored = restore({{"prompt", R"({
    "5": {"class_type": "EmptySD3LatentImage", "inputs": {"width": 1024, "height": 1024, "batch_size": 1}},
    "6": {"class_type": "CLIPTextEncode", "inputs": {"text": "a lighthouse", "clip": ["11", 0]}},
    "8": {"class_type": "VAEDecode", "inputs": {"samples": ["13", 0], "vae": ["10", 0]}},
    "9": {"class_type": "SaveImage", "inputs": {"images": ["8", 0]}},
    "10": {"class_type": "VAELoader", "inputs": {"vae_name": "ae.safetensors"}},
    "11": {"class_type": "DualCLIPLoader", "inputs": {"clip_name1": "t5xxl_fp16.safetensors",
      "clip_name2": "clip_l.safetensors", "type": "flux"}},
    "12": {"class_type": "UNETLoader", "inputs": {"unet_name": "flux1-dev.safetensors", "weight_dtype": "default"}},
    "13": {"class_type": "SamplerCustomAdvanced", "inputs": {"noise": ["25", 0], "guider": ["22", 0],
      "sampler": ["16", 0], "sigmas": ["17", 0], "latent_image": ["5", 0]}},
    "16": {"class_type": "KSamplerSelect", "inputs": {"sampler_name": "euler"}},
    "17": {"class_type": "BasicScheduler", "inputs": {"scheduler": "simple", "steps": 24, "denoise": 1, "model": ["12", 0]}},
    "22": {"class_type": "BasicGuider", "inputs": {"model": ["12", 0], "conditioning": ["26", 0]}},
    "25": {"class_type": "RandomNoise", "inputs": {"noise_seed": 219670278747233}},
    "26": {"class_type": "FluxGuidance", "inputs": {"guidance": 3.5, "conditioning": ["6", 0]}}})"}});
  const Recipe& recipe = restored.recipe;
  EXPECT_EQ(recipe.prompt, "a lighthouse");
  EXPECT_EQ(recipe.seed, 219670278747233u);
  EXPECT_EQ(recipe.steps, 24);
  EXPECT_EQ(recipe.sampler + "/" + recipe.schedule, "euler/simple");
  EXPECT_EQ(recipe.distilled_guidance, 3.5);
  EXPECT_EQ(recipe.guidance, std::nullopt);
  EXPECT_EQ(recipe.model.name, "flux1-dev.safetensors");
  EXPECT_EQ(recipe.text_encoders,
            (std::vector<RecipeFile>{{"t5xxl_fp16.safetensors", ""}, {"clip_l.safetensors", ""}}));
  EXPECT_EQ(recipe.width, 1024);
  EXPECT_FALSE(recipe.workflow.empty());  // the graph itself, where there is no other
  EXPECT_TRUE(restored.unrestored.empty());
}

TEST(RecipeReader, ComfyUiWithASecondPassOverAPicture) {
  const RestoredRecipe restored = restore({{"prompt", R"({
    "1": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "m.safetensors"}},
    "2": {"class_type": "CLIPTextEncode", "inputs": {"text": "a", "clip": ["1", 1]}},
    "3": {"class_type": "CLIPTextEncode", "inputs": {"text": "b", "clip": ["1", 1]}},
    "4": {"class_type": "LoadImage", "inputs": {"image": "photo.png"}},
    "5": {"class_type": "VAEEncode", "inputs": {"pixels": ["4", 0], "vae": ["1", 2]}},
    "6": {"class_type": "KSampler", "inputs": {"seed": 1, "steps": 20, "cfg": 7, "sampler_name": "ipndm",
      "scheduler": "linear_quadratic", "denoise": 0.6, "model": ["1", 0], "positive": ["2", 0], "negative": ["3", 0],
      "latent_image": ["5", 0]}},
    "7": {"class_type": "LatentUpscaleBy", "inputs": {"upscale_method": "bislerp", "scale_by": 1.5, "samples": ["6", 0]}},
    "8": {"class_type": "KSampler", "inputs": {"seed": 2, "steps": 10, "cfg": 7, "sampler_name": "euler",
      "scheduler": "normal", "denoise": 0.5, "model": ["1", 0], "positive": ["2", 0], "negative": ["3", 0],
      "latent_image": ["7", 0]}},
    "9": {"class_type": "VAEDecode", "inputs": {"samples": ["8", 0], "vae": ["1", 2]}},
    "10": {"class_type": "SaveImage", "inputs": {"images": ["9", 0]}}})"}});
  EXPECT_EQ(restored.recipe.seed, 1u);
  EXPECT_EQ(restored.recipe.hires, (RecipeHires{1.5, {}, {}, 10, 0.5, "Latent (bislerp)"}));
  EXPECT_EQ(restored.recipe.init, (RecipeInit{{"photo.png", ""}, {}, 0.6}));
  EXPECT_EQ(names(restored), (std::set<std::string>{"sampler_name", "scheduler"}));
}

TEST(RecipeReader, ComfyUiWithARefiner) {
  const auto graph = [](const std::string& second_model, const std::string& begin, const std::string& end) {
    return restore({{"prompt", R"({
    "1": {"class_type": "KSamplerAdvanced", "inputs": {"noise_seed": 4, "steps": 25, "cfg": 8, "sampler_name": "euler",
      "scheduler": "normal", "start_at_step": 0, "end_at_step": 20, "latent_image": ["3", 0], "model": ["5", 0]}},
    "2": {"class_type": "KSamplerAdvanced", "inputs": {"noise_seed": 0, "steps": 25, "cfg": 8, "sampler_name": "euler",
      "scheduler": "normal", "start_at_step": )" +
                                   begin + R"(, "end_at_step": )" + end + R"(, "latent_image": ["1", 0], "model": [")" +
                                   second_model + R"(", 0]}},
    "3": {"class_type": "EmptyLatentImage", "inputs": {"width": 1024, "height": 1024}},
    "4": {"class_type": "PreviewImage", "inputs": {"images": ["2", 0]}},
    "5": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "sd_xl_base_1.0.safetensors"}},
    "6": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "sd_xl_refiner_1.0.safetensors"}}})"}});
  };
  const RestoredRecipe refined = graph("6", "20", "10000");
  EXPECT_EQ(refined.recipe.seed, 4u);
  EXPECT_EQ(refined.recipe.width, 1024);
  EXPECT_EQ(refined.recipe.steps, 25);
  EXPECT_EQ(refined.recipe.hires, std::nullopt);
  EXPECT_EQ(refined.recipe.model.name, "sd_xl_base_1.0.safetensors");
  EXPECT_EQ(refined.recipe.refiner, (RecipeRefiner{{"sd_xl_refiner_1.0.safetensors", ""}, 0.8}));
  EXPECT_EQ(names(refined), (std::set<std::string>{}));
  const RestoredRecipe whole = graph("5", "20", "25");
  EXPECT_EQ(whole.recipe.refiner, std::nullopt) << "one run in two nodes";
  EXPECT_EQ(names(whole), (std::set<std::string>{}));
  EXPECT_EQ(names(graph("6", "20", "23")), (std::set<std::string>{"end_at_step"}));
  const RestoredRecipe overlapping = graph("6", "15", "10000");
  EXPECT_EQ(overlapping.recipe.refiner, std::nullopt);
  EXPECT_EQ(names(overlapping), (std::set<std::string>{"KSamplerAdvanced", "end_at_step"}));
}

// Both conditions pass through one node, which has an output for each.
TEST(RecipeReader, ComfyUiWithAControlOfBothConditions) {
  const RestoredRecipe restored = restore({{"prompt", R"({
    "1": {"class_type": "KSampler", "inputs": {"seed": 1, "steps": 20, "cfg": 7, "sampler_name": "euler",
      "scheduler": "normal", "denoise": 1, "positive": ["2", 0], "negative": ["2", 1], "latent_image": ["2", 2]}},
    "2": {"class_type": "InpaintModelConditioning", "inputs": {"positive": ["3", 0], "negative": ["3", 1],
      "pixels": ["6", 0], "mask": ["6", 1]}},
    "3": {"class_type": "ControlNetApplyAdvanced", "inputs": {"positive": ["4", 0], "negative": ["5", 0]}},
    "4": {"class_type": "CLIPTextEncode", "inputs": {"text": "a castle"}},
    "5": {"class_type": "CLIPTextEncode", "inputs": {"text": "fog"}},
    "6": {"class_type": "LoadImage", "inputs": {"image": "photo.png"}}})"}});
  EXPECT_EQ(restored.recipe.prompt, "a castle");
  EXPECT_EQ(restored.recipe.negative_prompt, "fog");
  EXPECT_EQ(restored.recipe.init, (RecipeInit{{"photo.png", ""}, {}, 1}));
  EXPECT_EQ(names(restored), (std::set<std::string>{"ControlNetApplyAdvanced", "InpaintModelConditioning", "mask"}));
}

// What lies behind the last sampler is told, and the picture that was saved goes before one that was looked at.
TEST(RecipeReader, ComfyUiBehindTheSampler) {
  const RestoredRecipe restored = restore({{"prompt", R"({
    "1": {"class_type": "KSampler", "inputs": {"seed": 1, "steps": 20, "latent_image": ["2", 0]}},
    "2": {"class_type": "EmptyLatentImage", "inputs": {"width": 512, "height": 512}},
    "3": {"class_type": "VAEDecode", "inputs": {"samples": ["1", 0]}},
    "10": {"class_type": "PreviewImage", "inputs": {"images": ["3", 0]}},
    "4": {"class_type": "LatentUpscaleBy", "inputs": {"upscale_method": "bicubic", "scale_by": 2, "samples": ["1", 0]}},
    "5": {"class_type": "KSampler", "inputs": {"seed": 2, "steps": 9, "denoise": 0.5, "latent_image": ["4", 0]}},
    "6": {"class_type": "VAEDecode", "inputs": {"samples": ["5", 0]}},
    "7": {"class_type": "ImageUpscaleWithModel", "inputs": {"image": ["6", 0], "upscale_model": ["8", 0]}},
    "8": {"class_type": "UpscaleModelLoader", "inputs": {"model_name": "4x.pth"}},
    "9": {"class_type": "SaveImage", "inputs": {"images": ["7", 0]}}})"}});
  ASSERT_TRUE(restored.recipe.hires);
  EXPECT_EQ(restored.recipe.hires->steps, 9);
  EXPECT_EQ(names(restored), (std::set<std::string>{"ImageUpscaleWithModel"}));
}

TEST(RecipeReader, ComfyUiGraphsThatGoInCircles) {
  const RestoredRecipe circle = restore({{"prompt", R"({
    "1": {"class_type": "KSampler", "inputs": {"seed": ["2", 0], "model": ["3", 0], "positive": ["3", 0],
      "latent_image": ["3", 0]}},
    "2": {"class_type": "Seed", "inputs": {"seed": ["2", 0]}},
    "3": {"class_type": "X", "inputs": {"model": ["3", 0], "conditioning": ["3", 0], "samples": ["3", 0]}}})"}});
  EXPECT_EQ(names(circle), (std::set<std::string>{"X"}));
  EXPECT_EQ(names(restore({{"prompt", R"({"1": {"class_type": "A", "inputs": {}}})"}})),
            (std::set<std::string>{"sampler"}));
  // Every input that may hold the value leads back: 8^16 ways, if each were followed.
  const RestoredRecipe knot = restore({{"prompt", R"({
    "1": {"class_type": "KSampler", "inputs": {"seed": ["2", 0], "steps": 3}},
    "2": {"class_type": "X", "inputs": {"value": ["2", 0], "text": ["2", 0], "string": ["2", 0], "seed": ["2", 0],
      "int": ["2", 0], "float": ["2", 0], "number": ["2", 0]}}})"}});
  EXPECT_EQ(knot.recipe.seed, std::nullopt);
  EXPECT_EQ(knot.recipe.steps, 3);
}

TEST(RecipeReader, InvokeAi) {
  const RestoredRecipe restored = restore({{"invokeai_metadata", R"({"generation_mode": "txt2img",
    "positive_prompt": "a (tall)1.3 castle", "negative_prompt": "fog", "width": 832, "height": 1216, "seed": 2347283,
    "rand_device": "cpu", "cfg_scale": 6.0, "cfg_rescale_multiplier": 0, "steps": 28, "scheduler": "dpmpp_2m_sde_k",
    "clip_skip": 1, "seamless_x": false, "hrf_enabled": false,
    "model": {"key": "k", "hash": "blake3:ab12", "name": "Juggernaut XL", "base": "sdxl", "type": "main"},
    "loras": [{"model": {"name": "Ink", "hash": "blake3:cd"}, "weight": 0.75}], "controlnets": [],
    "positive_style_prompt": "a (tall)1.3 castle", "refiner_steps": 20, "strength": 0.55, "init_image": "p.png",
    "app_version": "4.2.6"})"}});
  const Recipe& recipe = restored.recipe;
  EXPECT_EQ(recipe.program, "InvokeAI");
  EXPECT_EQ(recipe.prompt, "a (tall)1.3 castle");
  EXPECT_EQ(recipe.seed, 2347283u);
  EXPECT_EQ(recipe.sampler + "/" + recipe.schedule, "dpmpp_2m_sde/karras");
  EXPECT_EQ(recipe.clip_skip, 2);
  EXPECT_EQ(recipe.model, (RecipeFile{"Juggernaut XL", "blake3:ab12"}));
  EXPECT_EQ(recipe.adapters, (std::vector<RecipeAdapter>{{{"Ink", "blake3:cd"}, 0.75, 0.75, false}}));
  EXPECT_EQ(recipe.init, (RecipeInit{{"p.png", ""}, {}, 0.55}));
  EXPECT_EQ(names(restored), (std::set<std::string>{"refiner_steps", "prompt weights"}));
}

TEST(RecipeReader, InvokeAiOfVersionThree) {
  const RestoredRecipe restored = restore({{"invokeai_metadata", R"({"positive_prompt": "x", "seed": 5,
    "rand_device": "cuda", "scheduler": "euler", "model": {"model_name": "sd15", "base_model": "sd-1"},
    "loras": [{"lora": {"model_name": "L", "base_model": "sd-1"}, "weight": 1}]})"}});
  EXPECT_EQ(restored.recipe.model.name, "sd15");
  EXPECT_EQ(restored.recipe.rng, "torch-cuda");
  EXPECT_EQ(restored.recipe.adapters.at(0).file.name, "L");
}

TEST(RecipeReader, InvokeAiBeforeVersionThree) {
  const ImageTexts texts{
      {"Dream", R"("a cat [dog] on a \"mat\"" -s 50 -S 1950357039 -W 512 -H 640 -C7.5 -A k_lms -G 0.8)"},
      {"sd-metadata", R"({"model": "stable diffusion", "model_weights": "stable-diffusion-1.5",
    "model_hash": "cc6cb27103417325ff94f52b7a5d2dde45a7515b25c255d8e396c90014281516", "app_id": "invoke-ai/InvokeAI",
    "app_version": "2.3.0", "image": {"prompt": [{"prompt": "a cat [dog]", "weight": 1.0}], "steps": 50,
    "cfg_scale": 7.5, "threshold": 0.0, "perlin": 0.1, "height": 640, "width": 512, "seed": 1950357039,
    "seamless": false, "type": "txt2img", "postprocessing": null, "sampler": "k_lms", "variations": []}})"}};
  const RestoredRecipe restored = restore(texts);
  EXPECT_EQ(restored.recipe.prompt, "a cat");
  EXPECT_EQ(restored.recipe.negative_prompt, "dog");
  EXPECT_EQ(restored.recipe.sampler, "lms");
  EXPECT_EQ(restored.recipe.model.name, "stable-diffusion-1.5");
  EXPECT_EQ(names(restored), (std::set<std::string>{"perlin"}));
  const RestoredRecipe dream = restore({texts[0]});
  EXPECT_EQ(dream.recipe.prompt, "a cat  on a \"mat\"");
  EXPECT_EQ(dream.recipe.negative_prompt, "dog");
  EXPECT_EQ(dream.recipe.seed, 1950357039u);
  EXPECT_EQ(dream.recipe.height, 640);
  EXPECT_EQ(dream.recipe.guidance, 7.5);
  EXPECT_EQ(names(dream), (std::set<std::string>{"-G"}));
}

TEST(RecipeReader, OwnGoesFirst) {
  Recipe recipe;
  recipe.program = "Diptych";
  recipe.prompt = "ours";
  const std::string parameters = "theirs\nSteps: 20, Sampler: Euler, Seed: 1";
  const RestoredRecipe restored = restore({{"parameters", parameters}, {"diptych", write_recipe(recipe)}});
  EXPECT_EQ(restored.recipe, recipe);
  EXPECT_TRUE(restored.unrestored.empty());
  const RestoredRecipe damaged = restore({{"parameters", parameters}, {"diptych", "{"}});
  EXPECT_EQ(damaged.recipe.prompt, "theirs");
  EXPECT_EQ(names(damaged), (std::set<std::string>{"diptych"}));
  EXPECT_EQ(names(restore({{"diptych", R"({"diptych_recipe": 1, "prompt": "x", "future": 1})"}})),
            (std::set<std::string>{"future"}));
}

TEST(RecipeReader, KnowsWhenThereIsNone) {
  EXPECT_FALSE(restore_recipe({}));
  EXPECT_FALSE(restore_recipe({{"Title", "x"}, {"parameters", "a holiday"}, {"prompt", "[1]"}, {"Dream", "x"}}));
  EXPECT_EQ(restore({{"workflow", "{}"}}).recipe.workflow, "{}");
}
