// What lists say of image models, told by headers alone: as the loaded model has it.
#include "engine/diffusion/image_parts.h"

#include "engine/diffusion/pipeline_family.h"
#include "tests/engine/diffusion/image_testing.h"

namespace diptych::testing {
namespace {

using namespace diffusion;

class PartsByHeaders : public ::testing::TestWithParam<const char*> {};

TEST_P(PartsByHeaders, AreThoseOfTheWholeModel) {
  ModelRef ref;
  ref.path = std::filesystem::path(DIPTYCH_SOURCE_DIR) / "tests/golden/cases" / GetParam() / "model";
  const ImageModelParts parts = open_parts(image_registry(), ref, PartsDetail::headers);
  for (const auto& text : parts.texts) {
    if (text) {
      EXPECT_EQ(text->window.tokenizer, nullptr);
    }
  }
  Context meta(meta_device, 1);
  const ImageModel model = load_image_model(meta, image_registry(), open_parts(image_registry(), ref));
  EXPECT_EQ(family_of_pipeline(parts.pipeline, ""), model.family);
  int64_t parameters = model.denoiser->info().parameters + model.autoencoder->info().parameters;
  for (const TextPart& text : model.texts) {
    if (text.encoder) parameters += text.encoder->info().parameters;
  }
  // Files may hold what no pipeline uses: buffers, heads, a language model's eye (Qwen-Image's, an eighth here).
  EXPECT_GE(parameters_of(parts), parameters);
  EXPECT_LE(static_cast<double>(parameters_of(parts)), 1.2 * static_cast<double>(parameters));
}

INSTANTIATE_TEST_SUITE_P(Cases, PartsByHeaders,
                         ::testing::Values("pipeline_sd15", "pipeline_sdxl", "pipeline_sdxl_refiner", "pipeline_sd3",
                                           "pipeline_flux", "pipeline_pixart_sigma", "pipeline_dit", "pipeline_sana",
                                           "pipeline_z_image", "pipeline_qwen_image", "pipeline_causal_text"),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace diptych::testing
