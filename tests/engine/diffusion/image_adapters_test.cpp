// Adapters and textual inversions on a whole pipeline: found by name, put on between images, taken off.
#include "engine/diffusion/image_adapters.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

#include "engine/diffusion/image_run.h"
#include "engine/diffusion/noise/image_noise.h"
#include "engine/diffusion/prompt/embedding_tokenizer.h"
#include "engine/diffusion/prompt/textual_inversion.h"
#include "engine/io/formats/safetensors.h"
#include "engine/io/library/side_files.h"
#include "models/registry.h"
#include "tests/engine/io/io_testing.h"

namespace diptych::diffusion {
namespace {

namespace fs = std::filesystem;
using diptych::testing::error_of;
using diptych::testing::TemporaryFolder;

const fs::path cases = fs::path(DIPTYCH_SOURCE_DIR) / "tests/golden/cases";

class AdaptedImages : public ::testing::Test {
 protected:
  AdaptedImages() : model(load("pipeline_sd15")) {
    fs::create_directories(folder / "loras/style");
    fs::create_directories(folder / "embeddings");
    fs::copy_file(cases / "lora_sd15_kohya/lora.safetensors", folder / "loras/style/ink.safetensors");
    for (const char* name : {"ink-style.safetensors", "bad.safetensors"}) {
      fs::copy_file(cases / "pipeline_sd15_textual_inversion" / name, folder / "embeddings" / name);
    }
  }
  ImageModel load(const std::string& name) {
    ModelRegistry registry;
    models::register_all(registry);
    return load_image_model(ctx, registry, open_pipeline_folder(cases / name / "model"));
  }
  static ImageRequest request_of(const std::string& prompt) {
    ImageRequest request;
    request.prompt = prompt;
    request.prompt_syntax = true;
    request.steps = 2;
    request.width = 32;
    request.height = 16;
    return request;
  }
  std::vector<float> image(const std::string& prompt) {
    const ImageRequest request = request_of(prompt);
    const int64_t scale = model.autoencoder->info().scale;
    ImageNoise noise(NoiseKind::torch_cpu, 7, 1, model.latent_channels() * (16 / scale) * (32 / scale));
    const ImageResult result = make_images(ctx, model, request, noise);
    return {result.images.data<float>(), result.images.data<float>() + result.images.elements()};
  }
  fs::path model_path() const { return folder / "model"; }

  TemporaryFolder folder;
  Context ctx{cpu_device, 2};
  ImageModel model;
};

TEST_F(AdaptedImages, TagsOfThePromptAreFoundBesideTheModel) {
  const auto found = prompt_adapters(request_of("a {fox|fox} <lora:ink:0.5:0.25>"), model_path());
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].path, folder / "loras/style/ink.safetensors");
  EXPECT_EQ(found[0].text_encoder_scale, 0.5);
  EXPECT_EQ(found[0].denoiser_scale, 0.25);
  const auto recipe = recipe_adapters(found);
  EXPECT_EQ(recipe[0].file.name, "ink");
  EXPECT_EQ(recipe[0].file.hash.size(), 64u);
  EXPECT_TRUE(recipe[0].in_prompt);
  ImageRequest plain = request_of("<lora:ink:0.5>");
  plain.prompt_syntax = false;
  EXPECT_TRUE(prompt_adapters(plain, model_path()).empty());
  const std::string error = error_of([&] { prompt_adapters(request_of("<lora:pen:1>"), model_path()); }).what();
  EXPECT_NE(error.find("pen"), error.npos);
  EXPECT_NE(error.find((folder / "loras").string()), error.npos);
}

TEST_F(AdaptedImages, StrengthsChangeBetweenImages) {
  const std::vector<float> base = image("a fox");
  const auto with = [&](double denoiser, double text_encoder) {
    const ChosenAdapter one{folder / "loras/style/ink.safetensors", denoiser, text_encoder};
    EXPECT_TRUE(apply_adapters(ctx, model, {&one, 1}).absent.empty());
    return image("a fox");
  };
  EXPECT_EQ(with(0, 0), base);
  const std::vector<float> denoiser = with(0.8, 0), both = with(0.8, 0.8), text = with(0, 0.8);
  EXPECT_NE(denoiser, base);
  EXPECT_NE(text, base);
  EXPECT_NE(both, denoiser);
  EXPECT_EQ(with(0.8, 0.8), both);
  apply_adapters(ctx, model, {});
  EXPECT_EQ(image("a fox"), base);
  const ChosenAdapter other{cases / "lora_flux_kohya/lora.safetensors"};
  EXPECT_THROW(apply_adapters(ctx, model, {&other, 1}), Error);
  EXPECT_EQ(image("a fox"), base);
}

TEST(EmbeddingWords, AreFoundAsWholeWords) {
  const EmbeddingWords words{{"ink", {1}}, {"ink-style", {2, 3}}, {"<fox>", {4}}};
  const auto at = [&](std::string_view text) {
    const FoundWord found = find_embedding_word(text, words);
    return found.ids == nullptr ? std::string() : std::string(text.substr(found.begin, found.end - found.begin));
  };
  EXPECT_EQ(at("an Ink-Style fox"), "Ink-Style");
  EXPECT_EQ(at("an ink fox"), "ink");
  EXPECT_EQ(at("(ink:1.2)"), "ink");
  EXPECT_EQ(at("a<fox>b"), "<fox>");
  EXPECT_EQ(at("pink inky ink_"), "");
  EXPECT_EQ(at(""), "");
}

TEST_F(AdaptedImages, WordsStandForVectors) {
  const ImageRequest request = request_of("a fox, ink-style");
  const std::vector<float> plain = image(request.prompt), other = image("a fox");
  const std::vector<fs::path> found = prompt_embeddings(request, model_path());
  EXPECT_EQ(found, (std::vector<fs::path>{folder / "embeddings/ink-style.safetensors"}));
  set_embeddings(ctx, model, found);
  const Tokenizer& tokenizer = *model.texts[0].window.tokenizer;
  const auto vocab = static_cast<int32_t>(model.texts[0].encoder->info().vocab);
  const std::vector<int32_t> ids = tokenizer.encode("Ink-Style", {.add_special = true});
  EXPECT_EQ(ids, (std::vector<int32_t>{*tokenizer.bos(), vocab, vocab + 1, vocab + 2, *tokenizer.eos()}));
  EXPECT_NE(image(request.prompt), plain);
  EXPECT_NE(image("a fox, (ink-style:1.3)"), image(request.prompt));
  EXPECT_EQ(image("a fox"), other);
  set_embeddings(ctx, model, {});
  EXPECT_EQ(image(request.prompt), plain);
}

TEST_F(AdaptedImages, EmbeddingsThatDoNotFitAreRefused) {
  const auto refused = [&](const fs::path& path) {
    return std::string(error_of([&] { set_embeddings(ctx, model, {&path, 1}); }).what());
  };
  const std::vector<float> values(14, 1.0f);
  const NamedTensor wide{"emb_params", DType::f32, {2, 7}, std::as_bytes(std::span(values))};
  write_safetensors(folder / "wide.safetensors", {&wide, 1});
  EXPECT_NE(refused(folder / "wide.safetensors").find("[2, 7]"), std::string::npos);
  std::ofstream(folder / "x.pt") << "bytes";
  EXPECT_NE(refused(folder / "x.pt").find("save_file"), std::string::npos);
  EXPECT_NE(refused(folder / "none.safetensors").find("no such file"), std::string::npos);
  EXPECT_NE(refused(cases / "lora_sd15_kohya/lora.safetensors").find("beside others"), std::string::npos);
}

}  // namespace
}  // namespace diptych::diffusion
