// Texts on their way to the encoders of a model.
#include "engine/diffusion/condition/conditioning.h"

#include <fstream>

#include "tests/engine/diffusion/image_testing.h"
#include "tests/engine/io/io_testing.h"

namespace diptych::diffusion {
namespace {

namespace fs = std::filesystem;

using testing::case_pipeline;
using testing::difference;
using testing::error_of;
using testing::TemporaryFolder;

Tensor text_of(Context& ctx, const ImageModel& model, const std::string& prompt) {
  const PromptPlan plan = plan_prompts(prompt, std::nullopt, {.guided = false});
  return encode_prompts(ctx, model, plan, {.width = 32, .height = 32, .text_tokens = 24}).text;
}

// As Python lowers and strips: letters of every script, blanks of every kind.
TEST(Conditioning, OfCaptionsInSmallLettersLowersEveryScript) {
  for (const char* name : {"pipeline_pixart_sigma", "pipeline_sana"}) {
    Context ctx(cpu_device, 2);
    const ImageModel model = case_pipeline(ctx, name);
    const std::string small = "\u00e9cole \u0434\u043e\u043c fox", large = "\u00c9COLE \u0414\u041e\u041c Fox";
    const Tokenizer& tokenizer = *model.texts[0].window.tokenizer;
    ASSERT_NE(tokenizer.encode("\u00c9"), tokenizer.encode("\u00e9")) << name;
    const Tensor text = text_of(ctx, model, "\u2003" + large + "\u00a0 ");
    ASSERT_EQ(text.shape(), text_of(ctx, model, small).shape()) << name;
    EXPECT_EQ(difference(text, text_of(ctx, model, small)), 0) << name;
  }
}

TEST(Conditioning, NeedsRoomForTextInAWindow) {
  for (const char* length : {"2", "1.5"}) {
    const TemporaryFolder folder;
    fs::copy(fs::path(DIPTYCH_SOURCE_DIR) / "tests/golden/cases/pipeline_sd15/model", folder.path() / "model",
             fs::copy_options::recursive);
    const fs::path config = folder.path() / "model/tokenizer/tokenizer_config.json";
    ASSERT_TRUE(fs::exists(config));
    std::ofstream(config) << R"({"tokenizer_class": "CLIPTokenizer", "model_max_length": )" << length << "}";
    const auto load = [&] {
      Context ctx(cpu_device, 1);
      load_image_model(ctx, testing::image_registry(), open_pipeline_folder(folder.path() / "model"));
    };
    EXPECT_EQ(error_of(load).category(), ErrorCategory::invalid_file) << length;
  }
}

}  // namespace
}  // namespace diptych::diffusion
