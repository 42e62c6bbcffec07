// Adapters taken into image models for good: a merged model makes what the base makes with the adapter.
#include "engine/train/image/image_merge.h"

#include "engine/core/error.h"
#include "engine/io/formats/safetensors.h"
#include "tests/engine/diffusion/single_file.h"
#include "tests/engine/train/image_training_testing.h"

namespace diptych::train {
namespace {

class ImageMergeTest : public ImageTraining {
 protected:
  // Encoders and denoiser are changed, kernels too.
  fs::path trained(const std::string& base, const json& more = json::object()) {
    json all{{"train_text_encoder", base != "dit"}, {"targets", {"all-linear"}}};
    if (base != "dit") all["text_encoder_targets"] = {"all-linear"};
    all.merge_patch(more);
    train(recipe(base, "out", all));
    return folder / "out/adapter.safetensors";
  }
  void merge(const fs::path& base, const fs::path& adapter, const fs::path& to, double scale = 1) {
    Context ctx(cpu_device, 1);
    const AdapterUse use{.adapter = open_adapter(adapter), .scale = scale, .text_encoder_scale = scale};
    write_merged_image_model(ctx, registry, at(base), {&use, 1}, to);
  }
};

TEST_P(ImageMergeTest, IsTheAdapterApplied) {
  const std::string base = GetParam();
  const fs::path adapter = trained(base, base == "sd15" ? json{{"conv_rank", 2}} : json::object());
  merge(pipeline(base), adapter, folder / "merged");
  const std::vector<float> plain = picture(pipeline(base)), with = picture(pipeline(base), adapter),
                           merged = picture(folder / "merged");
  const double change = largest_difference(plain, with);
  EXPECT_GT(change, 1e-4);
  EXPECT_LT(largest_difference(with, merged), 1e-3 * std::max(0.1, change));
  // The base is as it was, and no component has two files of weights.
  EXPECT_EQ(picture(pipeline(base)), plain);
  for (const auto& entry : fs::recursive_directory_iterator(folder / "merged"))
    EXPECT_FALSE(entry.path().filename().string().ends_with(".index.json"));
}

INSTANTIATE_TEST_SUITE_P(Families, ImageMergeTest, ::testing::Values("sd15", "sdxl", "pixart_alpha", "dit"));

using ImageMergeFiles = ImageMergeTest;

TEST_F(ImageMergeFiles, KeepsTypesAndRefusesItself) {
  const fs::path adapter = trained("sd15");
  merge(pipeline("sd15"), adapter, folder / "merged");
  const auto old = SafetensorsFile::open(pipeline("sd15") / "unet/diffusion_pytorch_model.safetensors"),
             merged = SafetensorsFile::open(folder / "merged/unet/diffusion_pytorch_model.safetensors");
  ASSERT_EQ(old->entries().size(), merged->entries().size());
  for (const WeightEntry& entry : old->entries()) {
    ASSERT_TRUE(merged->contains(entry.name)) << entry.name;
    EXPECT_EQ(merged->entry(entry.name)->type, entry.type);
    EXPECT_EQ(merged->entry(entry.name)->dims, entry.dims);
  }
  EXPECT_THROW(merge(folder / "merged", adapter, folder / "merged"), Error);
}

// Names and layout of the original, q, k and v of OpenCLIP in one matrix: only bytes of what changes are others.
TEST_F(ImageMergeFiles, ReplacesBytesInACheckpointOfOneFile) {
  for (const char* table : {"sd1", "sdxl"}) {
    for (const DType type : {DType::f32, DType::f16}) {
      fs::remove_all(folder / "out");
      const fs::path file = folder / "all.safetensors", merged = folder / "merged.safetensors";
      testing::write_tensors_file(
          file, testing::original_tensors(testing::layout_components(table, type), [](const auto&) { return true; }));
      const fs::path adapter = trained("sd15", {{"base", file.string()}, {"text_encoder_targets", {"q_proj", "fc1"}}});
      merge(file, adapter, merged);
      EXPECT_EQ(fs::file_size(merged), fs::file_size(file));
      const std::vector<float> plain = picture(file), with = picture(file, adapter);
      const double change = largest_difference(plain, with);
      EXPECT_GT(change, 1e-3) << table;
      EXPECT_LT(largest_difference(with, picture(merged)), (type == DType::f32 ? 1e-3 : 0.1) * change) << table;
      EXPECT_THROW(merge(file, adapter, file), Error);
    }
  }
}

// Components that the adapter has nothing of are the base's own files.
TEST_F(ImageMergeFiles, LeavesOtherComponentsAlone) {
  const fs::path adapter = trained("sd15", {{"train_text_encoder", false}, {"text_encoder_targets", nullptr}});
  merge(pipeline("sd15"), adapter, folder / "merged");
  EXPECT_TRUE(fs::equivalent(folder / "merged/text_encoder/model.safetensors",
                             pipeline("sd15") / "text_encoder/model.safetensors") ||
              fs::file_size(folder / "merged/text_encoder/model.safetensors") ==
                  fs::file_size(pipeline("sd15") / "text_encoder/model.safetensors"));
  EXPECT_NE(picture(pipeline("sd15")), picture(folder / "merged"));
}

TEST_F(ImageMergeFiles, RefusesAnotherModelsAdapter) {
  const fs::path adapter = trained("sd15");
  EXPECT_THROW(merge(pipeline("sdxl"), adapter, folder / "merged"), Error);
  EXPECT_FALSE(fs::exists(folder / "merged/unet"));
}

}  // namespace
}  // namespace diptych::train
