#include "engine/train/data/kohya.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/engine/io/io_testing.h"

using namespace diptych;
using namespace diptych::train;
using diptych::testing::error_of;
using diptych::testing::TemporaryFolder;
using diptych::testing::write_bytes;

namespace {

const NotTaken* refused(const KohyaImport& import, const std::string& key) {
  const auto found = std::ranges::find(import.not_taken, key, &NotTaken::key);
  return found == import.not_taken.end() ? nullptr : &*found;
}

constexpr const char* training = R"(
pretrained_model_name_or_path = "sd15.safetensors"
[network]
network_module = "lycoris.kohya"
network_args = ["algo=lokr", "conv_dim=4", "factor=8", "preset=full"]
network_dim = 8
network_alpha = 4
[training]
unet_lr = 1e-4
text_encoder_lr = 5e-5
max_train_steps = 300
lr_scheduler = "cosine_with_restarts"
lr_scheduler_num_cycles = 3
lr_warmup_steps = 30
optimizer_type = "AdamW8bit"
optimizer_args = ["weight_decay=0.1", "betas=0.9,0.99", "fancy=1"]
min_snr_gamma = 5
clip_skip = 2
seed = 42
xformers = true
mystery = "x"
output_dir = "loras"
output_name = "style"
sample_prompts = "prompts.txt"
dataset_config = "set.toml"
)";

constexpr const char* data_set = R"(
[general]
shuffle_caption = true
keep_tokens = 1
[[datasets]]
resolution = "512,768"
batch_size = 2
  [[datasets.subsets]]
  image_dir = "pics"
  num_repeats = 10
  class_tokens = "sks cat"
  [[datasets.subsets]]
  image_dir = "cats"
  is_reg = true
  caption_extension = ".txt"
  keep_tokens = 3
)";

}  // namespace

TEST(Kohya, BecomesARecipe) {
  const TemporaryFolder folder;
  write_bytes(folder / "train.toml", training);
  write_bytes(folder / "set.toml", data_set);
  write_bytes(folder / "prompts.txt", "# of the style\na cat --w 512 --n bad\r\na dog\n");
  const KohyaImport import = import_kohya(folder / "train.toml");
  const Recipe& recipe = import.recipe;
  EXPECT_EQ(recipe.base, "sd15.safetensors");
  EXPECT_EQ(recipe.method, Method::lokr);
  EXPECT_EQ(recipe.rank, 8);
  EXPECT_EQ(recipe.alpha, 4.0);
  EXPECT_EQ(recipe.conv_rank, 4);
  EXPECT_EQ(recipe.lokr_factor, 8);
  EXPECT_EQ(recipe.learning_rate, 1e-4);
  EXPECT_EQ(recipe.text_encoder_learning_rate, 5e-5);
  EXPECT_TRUE(recipe.train_text_encoder);
  EXPECT_EQ(recipe.text_encoder_targets.size(), 6u);
  EXPECT_EQ(recipe.steps, 300);
  EXPECT_EQ(recipe.schedule, RateSchedule::cosine_with_restarts);
  EXPECT_EQ(recipe.schedule_cycles, 3);
  EXPECT_EQ(recipe.warmup, 30);
  EXPECT_EQ(recipe.optimizer.name, OptimizerKind::adamw_8bit);
  EXPECT_EQ(recipe.optimizer.weight_decay, 0.1);
  EXPECT_EQ(recipe.optimizer.beta_2, 0.99);
  EXPECT_EQ(recipe.loss.min_snr_gamma, 5);
  EXPECT_EQ(recipe.image.clip_skip, 1);
  EXPECT_EQ(recipe.seed, 42u);
  EXPECT_EQ(recipe.output, "loras/style");
  EXPECT_EQ(recipe.sample_prompts, (std::vector<std::string>{"a cat", "a dog"}));
  EXPECT_EQ(recipe.folder, folder.path());

  EXPECT_EQ(recipe.batch, 2);
  EXPECT_EQ(recipe.image.width, 512);
  EXPECT_EQ(recipe.image.height, 768);
  EXPECT_TRUE(recipe.image.shuffle_tags);
  EXPECT_EQ(recipe.image.keep_tags, 1);
  EXPECT_FALSE(recipe.image.buckets);  // sd-scripts' own defaults
  EXPECT_TRUE(recipe.image.upscale);
  ASSERT_EQ(recipe.data.size(), 2u);
  EXPECT_EQ(recipe.data[0].path, "pics");
  EXPECT_EQ(recipe.data[0].repeats, 10);
  EXPECT_EQ(recipe.data[0].caption, "sks cat");
  EXPECT_EQ(recipe.data[0].caption_ending, ".caption");
  EXPECT_TRUE(recipe.data[1].regularization);
  EXPECT_EQ(recipe.data[1].caption_ending, ".txt");

  // Nothing is dropped in silence.
  for (const char* key : {"mystery", "xformers", "network_args.preset", "optimizer_args.fancy", "keep_tokens"})
    ASSERT_NE(refused(import, key), nullptr) << key;
  EXPECT_EQ(refused(import, "mystery")->value, "x");
  EXPECT_NE(refused(import, "xformers")->reason.find("not needed"), std::string::npos);
  EXPECT_NE(refused(import, "keep_tokens")->reason.find("1 holds for all"), std::string::npos);
  EXPECT_EQ(import.not_taken.size(), 5u);
}

TEST(Kohya, FoldersAndEpochs) {
  const TemporaryFolder folder;
  write_bytes(folder / "train.toml",
              "pretrained_model_name_or_path = 'm'\ntrain_data_dir = 'img'\nreg_data_dir = 'reg'\n"
              "max_train_epochs = 4\nmax_train_steps = 10\nlearning_rate = 1e-4\nnetwork_train_unet_only = true\n"
              "network_args = ['dora_wd=True', 'loraplus_lr_ratio=16']\n");
  const KohyaImport import = import_kohya(folder / "train.toml");
  EXPECT_EQ(import.recipe.epochs, 4);
  EXPECT_FALSE(import.recipe.steps.has_value());
  EXPECT_EQ(import.recipe.method, Method::dora);
  EXPECT_EQ(import.recipe.lora_plus_ratio, 16);
  EXPECT_FALSE(import.recipe.train_text_encoder);
  EXPECT_TRUE(import.recipe.text_encoder_targets.empty());
  ASSERT_EQ(import.recipe.data.size(), 2u);
  EXPECT_EQ(import.recipe.data[1].path, "reg");
  EXPECT_TRUE(import.recipe.data[1].regularization);
  ASSERT_NE(refused(import, "max_train_steps"), nullptr);
  EXPECT_EQ(import.not_taken.size(), 1u);
}

TEST(Kohya, ADraftMayLackBaseAndData) {
  const TemporaryFolder folder;
  write_bytes(folder / "train.toml", "network_dim = 8\nlearning_rate = 1e-4\nmystery = 1\n");
  EXPECT_THROW(import_kohya(folder / "train.toml"), Error);
  const KohyaImport import = import_kohya_draft(folder / "train.toml");
  EXPECT_EQ(import.recipe.base, "");
  EXPECT_TRUE(import.recipe.data.empty());
  EXPECT_EQ(import.recipe.rank, 8);
  EXPECT_EQ(import.recipe.output, "output/last");
  EXPECT_NE(refused(import, "mystery"), nullptr);
  // Whole ones stay whole.
  write_bytes(folder / "whole.toml", training);
  write_bytes(folder / "set.toml", data_set);
  EXPECT_EQ(import_kohya_draft(folder / "whole.toml").recipe.base, "sd15.safetensors");
  EXPECT_EQ(import_kohya_draft(folder / "whole.toml").recipe.data.size(), 2u);
  // A data set alone.
  const KohyaImport alone = import_kohya_draft(folder / "set.toml");
  EXPECT_EQ(alone.recipe.base, "");
  EXPECT_EQ(alone.recipe.output, "");
  ASSERT_EQ(alone.recipe.data.size(), 2u);
  EXPECT_EQ(alone.recipe.data[0].path, "pics");
  EXPECT_EQ(alone.recipe.image.height, 768);
}

TEST(Kohya, NamesBrokenFilesAndValues) {
  const TemporaryFolder folder;
  write_bytes(folder / "a.toml", "x = 1\ny = = 2\n");
  const std::string broken = error_of([&] { import_kohya(folder / "a.toml"); }).what();
  EXPECT_NE(broken.find("line 2"), std::string::npos) << broken;
  write_bytes(folder / "b.toml", "pretrained_model_name_or_path = 'm'\ntrain_data_dir = 'd'\nnetwork_dim = -1\n");
  const std::string range = error_of([&] { import_kohya(folder / "b.toml"); }).what();
  EXPECT_NE(range.find("rank is -1"), std::string::npos) << range;
  // Shapes that no such file has.
  write_bytes(
      folder / "c.toml",
      "pretrained_model_name_or_path = 'm'\ntrain_data_dir = 'd'\nsample_prompts = 3\ndataset_config = 'd.toml'\n");
  write_bytes(folder / "d.toml",
              "general = 3\ndatasets = [1, {subsets = [2, {image_dir = 'e', caption_extension = 3}]}]\n");
  const std::string shapes = error_of([&] { import_kohya(folder / "c.toml"); }).what();
  EXPECT_NE(shapes.find("caption_ending is 3"), std::string::npos) << shapes;
  EXPECT_EQ(error_of([&] { import_kohya(folder / "none.toml"); }).category(), ErrorCategory::not_found);
}
