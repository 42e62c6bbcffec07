#include "engine/api/image.h"

#include <gtest/gtest.h>

#include "engine/api/openai_image.h"

namespace diptych::api {
namespace {

std::string refused_field(const Json& json) {
  try {
    check(from_json<ImageSettings>(json));
  } catch (const FieldError& error) {
    return error.field();
  }
  return "";
}

TEST(ImageSettings, SurviveTheRoundTrip) {
  ImageSettings settings;
  settings.model = "m";
  settings.negative = "";  // not the same as none
  settings.guidance = 4.5;
  settings.seed = 9007199254740993;
  settings.adapters.push_back({"ink", 0.5, 0.25});
  settings.init.emplace().image = "u1";
  settings.init->outpaint.left = 64;
  settings.hires.emplace().steps = 7;
  settings.controls.push_back({.model = "canny",
                               .image = "u2",
                               .preprocess = "canny",
                               .low = 50,
                               .high = 150,
                               .scale = 0.5,
                               .begin = 0,
                               .end = 0.75,
                               .guess = true});
  settings.pag_layers = {"mid_block"};
  settings.refiner = ImageRefiner{"refiner", 0.75};
  settings.image_prompts.push_back({"plus", "u3", "", 0.4});
  settings.variation = ImageVariation{3, 0.1};
  settings.preview = PreviewKind::off;
  EXPECT_EQ(from_json<ImageSettings>(*parse(dump(to_json(settings)))), settings);
  EXPECT_NO_THROW(check(settings));
  settings.hires.reset();
  settings.init->outpaint = {};
  settings.upscale = ImageUpscale{.scale = 1.5, .upscaler = "sharp", .tile = 64, .overlap = 8};
  EXPECT_EQ(from_json<ImageSettings>(*parse(dump(to_json(settings)))), settings);
  EXPECT_NO_THROW(check(settings));
}

TEST(ImageSettings, EachImpossibleValueIsNamed) {
  EXPECT_EQ(refused_field(Json::object()), "");
  EXPECT_EQ(refused_field({{"batch", 0}}), "batch");
  EXPECT_EQ(refused_field({{"seed", -1}}), "seed");
  EXPECT_EQ(refused_field({{"guidance", -1}}), "guidance");
  EXPECT_EQ(refused_field({{"init", {{"strength", 0.5}}}}), "init.image");
  EXPECT_EQ(refused_field({{"init", {{"image", "u"}, {"strength", 2}}}}), "init.strength");
  EXPECT_EQ(refused_field({{"adapters", Json::array({{{"scale", 1}}})}}), "adapters[0].file");
  EXPECT_EQ(refused_field({{"controls", Json::array({{{"model", "c"}, {"image", "u"}, {"preprocess", "x"}}})}}),
            "controls[0].preprocess");
  EXPECT_EQ(refused_field({{"controls", Json::array({{{"model", "c"}, {"image", "u"}, {"low", 300}}})}}),
            "controls[0].high");
  EXPECT_EQ(refused_field({{"refiner", {{"switch_at", 0.5}}}}), "refiner.model");
  EXPECT_EQ(refused_field({{"refiner", {{"model", "r"}, {"switch_at", 2}}}}), "refiner.switch_at");
  EXPECT_EQ(refused_field({{"upscale", Json::object()}}), "upscale");
  EXPECT_EQ(refused_field({{"init", {{"image", "u"}}}, {"upscale", {{"scale", 20}}}}), "upscale.scale");
  EXPECT_EQ(refused_field({{"image_prompts", Json::array({{{"adapter", "a"}}})}}), "image_prompts[0].image");
  EXPECT_EQ(refused_field({{"preview", "slow"}}), "preview");
}

TEST(Plot, CellsTakeTheirValues) {
  PlotRequest request;
  request.settings.prompt = "a red cat";
  request.settings.batch = 4;
  request.settings.adapters.push_back({"ink", 1, {}});
  request.axes = {{"steps", {1, 2}}, {"adapters[0].scale", {0.5, 0.75}}, {"prompt", {"red", "blue"}}};
  check(request);
  const ImageSettings cell = plot_cell(request, {1, 0, 1});
  EXPECT_EQ(cell.steps, 2);
  EXPECT_EQ(cell.adapters[0].scale, 0.5);
  EXPECT_EQ(cell.prompt, "a blue cat");
  EXPECT_EQ(cell.batch, 1);
}

TEST(Plot, WrongAxesAreRefused) {
  const auto refused = [](std::vector<PlotAxis> axes) {
    PlotRequest request;
    request.axes = std::move(axes);
    try {
      check(request);
      plot_cell(request, std::vector<int>(request.axes.size()));
    } catch (const FieldError& error) {
      return error.field();
    }
    return std::string();
  };
  EXPECT_EQ(refused({}), "axes");
  EXPECT_EQ(refused({{"count", {1}}}), "axes[0].field");
  EXPECT_EQ(refused({{"steps", Json::array()}}), "axes[0].values");
  EXPECT_EQ(refused({{"nothing", {1}}}), "axes.field");
  EXPECT_EQ(refused({{"adapters[3].scale", {1}}}), "axes.field");
  EXPECT_EQ(refused({{"adapters[", {1}}}), "axes.field");
  EXPECT_EQ(refused({{"steps", {"many"}}}), "steps");
  EXPECT_EQ(refused({{"prompt", {"not there", "x"}}}), "axes.values[0]");
  EXPECT_EQ(refused({{"seed", std::vector<int>(1001)}}), "axes");
}

TEST(OpenAiImage, FormFieldsAreTexts) {
  const OpenAiImageRequest edit = read_edit_request({{"prompt", "a hat"}, {"n", "3"}, {"strength", "0.5"}});
  EXPECT_EQ(edit.settings.count, 3);
  EXPECT_EQ(edit.settings.init->strength, 0.5);
  EXPECT_THROW(read_edit_request({{"prompt", "a hat"}, {"n", "three"}}), FieldError);
}

}  // namespace
}  // namespace diptych::api
