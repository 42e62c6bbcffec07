#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "engine/io/images/image_resize.h"
#include "engine/train/data/picture_checks.h"
#include "engine/train/data/picture_dataset.h"
#include "engine/train/data/picture_pixels.h"
#include "tests/engine/io/io_testing.h"
#include "tests/engine/train/data/picture_testing.h"

using namespace diptych;
using namespace diptych::train;
using diptych::testing::error_of;
using diptych::testing::TemporaryFolder;
using diptych::testing::write_bytes;

namespace {

const PictureItem* item_named(const PictureFiles& files, const std::string& name) {
  const auto found = std::ranges::find_if(files.items, [&](const PictureItem& i) { return i.file.filename() == name; });
  return found == files.items.end() ? nullptr : &*found;
}

PictureFiles read_folder(const TemporaryFolder& folder, DataSource source = {}) {
  source.path = "pics";
  return read_picture_sources(std::span(&source, 1), folder.path());
}

}  // namespace

TEST(PictureFiles, FindsCaptionsBeside) {
  const TemporaryFolder folder;
  for (const char* name : {"a.png", "b.png", "c.png", "deep/d.png", "a_mask.png"})
    draw_to(folder / "pics" / name, 16, 16, 1);
  write_bytes(folder / "pics/a.txt", "  a red\r\nball \n");
  write_bytes(folder / "pics/b.caption", "a blue ball");
  write_bytes(folder / "pics/deep/d.txt", "");
  write_bytes(folder / "pics/e.gif", "GIF89a");
  const PictureFiles files = read_folder(folder);
  ASSERT_EQ(files.items.size(), 4u);
  EXPECT_EQ(item_named(files, "a.png")->caption, "a red  ball");
  EXPECT_EQ(item_named(files, "a.png")->mask.filename(), "a_mask.png");
  EXPECT_EQ(item_named(files, "b.png")->caption, "a blue ball");
  EXPECT_EQ(item_named(files, "c.png")->caption, "");
  EXPECT_EQ(item_named(files, "d.png")->caption, "");
  EXPECT_EQ(files.notes.at("pictures have no caption"), 1);  // an empty file is a caption, too
  ASSERT_EQ(files.rejected.size(), 1u);
  EXPECT_NE(files.rejected[0].reason.find("convert it"), std::string::npos);
  // Only the ending that was asked for; what has none gets the source's caption.
  DataSource source;
  source.caption_ending = ".caption";
  source.caption = "a ball";
  EXPECT_EQ(item_named(read_folder(folder, source), "a.png")->caption, "a ball");
  EXPECT_EQ(item_named(read_folder(folder, source), "b.png")->caption, "a blue ball");
}

TEST(PictureFiles, KohyaFoldersRepeat) {
  const TemporaryFolder folder;
  draw_to(folder / "pics/10_sks dog/a.png", 16, 16, 1);
  draw_to(folder / "pics/2_dog/b.png", 16, 16, 1);
  draw_to(folder / "pics/stray.png", 16, 16, 1);
  draw_to(folder / "masks/a.png", 16, 16, 1);
  DataSource source;
  source.repeats = 3;
  source.masks = "masks";
  const PictureFiles files = read_folder(folder, source);
  ASSERT_EQ(files.items.size(), 2u);
  EXPECT_EQ(item_named(files, "a.png")->repeats, 30);
  EXPECT_EQ(item_named(files, "a.png")->caption, "sks dog");
  EXPECT_EQ(item_named(files, "a.png")->mask, folder / "masks/a.png");
  EXPECT_EQ(item_named(files, "b.png")->repeats, 6);
  EXPECT_TRUE(item_named(files, "b.png")->mask.empty());
  ASSERT_EQ(files.rejected.size(), 1u);
  EXPECT_NE(files.rejected[0].origin.file.find("stray.png"), std::string::npos);
  source.masks = "nowhere";
  EXPECT_EQ(error_of([&] { read_folder(folder, source); }).category(), ErrorCategory::not_found);
}

TEST(PictureFiles, MetadataNamesCaptions) {
  const TemporaryFolder folder;
  draw_to(folder / "pics/a.png", 16, 16, 1);
  draw_to(folder / "pics/sub/b.png", 16, 16, 1);
  write_bytes(folder / "pics/a.txt", "beside");
  write_bytes(folder / "pics/metadata.jsonl",
              "{\"file_name\": \"a.png\", \"text\": \"listed\"}\n{\"file_name\": \"sub/b.png\", \"text\": \"deep\"}\n"
              "{\"file_name\": \"../../x.png\", \"text\": \"gone\"}\n{\"text\": \"x\"}\nbroken\n");
  const PictureFiles files = read_folder(folder);
  EXPECT_EQ(item_named(files, "a.png")->caption, "listed");
  EXPECT_EQ(item_named(files, "b.png")->caption, "deep");
  ASSERT_EQ(files.rejected.size(), 3u);
  EXPECT_EQ(files.rejected[0].origin.place, "line 3");
  EXPECT_NE(files.rejected[0].reason.find("../../x.png"), std::string::npos);
  EXPECT_EQ(files.rejected[1].reason, "it has no \"file_name\"");
}

TEST(PictureChecks, KnowsCopiesAndBlur) {
  const Image8 picture = drawn_picture(300, 200, 1);
  const uint64_t look = difference_hash(picture);
  EXPECT_LE(std::popcount(look ^ difference_hash(resized(picture, 150, 100))), 3);
  EXPECT_GT(std::popcount(look ^ difference_hash(drawn_picture(300, 200, 2))), 10);
  EXPECT_GT(sharpness(picture), blurred_below);
  EXPECT_LT(sharpness(drawn_picture(300, 200, 1, false)), blurred_below);
  EXPECT_GT(sharpness(drawn_picture(1, 1, 1)), -1);  // of any size
  const std::vector<uint64_t> hashes{0, ~uint64_t{0}, 0b111, 0b1111, ~uint64_t{0} ^ (uint64_t{1} << 63)};
  EXPECT_EQ(near_duplicates(hashes), (std::vector<std::pair<int64_t, int64_t>>{{0, 2}, {1, 4}, {2, 3}}));
}

TEST(PictureDataset, JudgesEveryPicture) {
  const TemporaryFolder folder;
  draw_to(folder / "pics/a.png", 128, 96, 1);
  draw_to(folder / "pics/b.jpg", 128, 96, 1);
  draw_to(folder / "pics/soft.png", 128, 96, 3, false);
  draw_to(folder / "pics/tiny.png", 20, 300, 4);
  write_bytes(folder / "pics/broken.png", "\x89PNG\r\n\x1A\nno");
  draw_to(folder / "pics/masked.png", 128, 96, 5);
  write_bytes(folder / "pics/masked_mask.png", "no mask");
  ImageOptions options;
  options.width = options.height = 96;
  options.bucket_step = 32;
  options.bucket_min = 32;
  ThreadPool pool(2);
  const PictureDataset dataset = read_pictures(read_folder(folder), options, pool);
  std::set<std::string> kept, rejected;
  for (const auto& picture : dataset.pictures) kept.insert(picture.item.file.filename().string());
  for (const auto& entry : dataset.rejected)
    rejected.insert(std::filesystem::path(entry.origin.file).filename().string());
  EXPECT_EQ(kept, (std::set<std::string>{"a.png", "b.jpg", "soft.png"}));
  EXPECT_EQ(rejected, (std::set<std::string>{"broken.png", "masked.png", "tiny.png"}));
  ASSERT_EQ(dataset.warnings.size(), 2u);
  EXPECT_NE(dataset.warnings[0].file.find("b.jpg"), std::string::npos);
  EXPECT_NE(dataset.warnings[0].why.find("looks like"), std::string::npos);
  EXPECT_NE(dataset.warnings[1].why.find("out of focus"), std::string::npos);
  EXPECT_EQ(dataset.pictures[0].size, (PictureSize{128, 96}));
  EXPECT_EQ(dataset.pictures[0].bucket, (PictureSize{96, 64}));
  EXPECT_EQ(dataset.pictures[0].sha256.size(), 64u);
}

TEST(PictureDataset, HoldsOutAndRefusesNothing) {
  const TemporaryFolder folder;
  for (int i = 0; i < 40; ++i)
    draw_to(folder / "pics" / (std::to_string(i) + ".png"), 64, 64, static_cast<uint64_t>(i));
  Recipe recipe;
  recipe.folder = folder.path();
  recipe.data.push_back({});
  recipe.data[0].path = "pics";
  recipe.image.width = recipe.image.height = 64;
  recipe.validation.fraction = 0.25;
  ThreadPool pool(2);
  const PictureData data = load_picture_data(recipe, pool);
  EXPECT_EQ(data.training.pictures.size() + data.validation.pictures.size(), 40u);
  EXPECT_GT(data.validation.pictures.size(), 2u);
  EXPECT_LT(data.validation.pictures.size(), 20u);
  write_bytes(folder / "bad/a.png", "x");
  recipe.validation.path = "bad";
  EXPECT_EQ(error_of([&] { load_picture_data(recipe, pool); }).thing(), "bad");
  recipe.validation.path.clear();
  recipe.data[0].path = "bad";
  const std::string message = error_of([&] { load_picture_data(recipe, pool); }).what();
  EXPECT_NE(message.find("a.png: it is no PNG"), std::string::npos) << message;
}

TEST(PicturePixels, AreScaledCutAndMirrored) {
  Image8 image{4, 2, 3, {}};
  for (int i = 0; i < 8; ++i)
    for (int c = 0; c < 3; ++c) image.pixels.push_back(static_cast<uint8_t>(10 * i + c));
  const auto value = [](int v) { return static_cast<float>(v) / 127.5f - 1.0f; };
  const Placement middle = place({4, 2}, {2, 2}, false);
  EXPECT_EQ(middle.crop_left, 1);
  const std::vector<float> pixels = placed_pixels(image, middle);
  ASSERT_EQ(pixels.size(), 12u);
  EXPECT_EQ(pixels[0], value(10));
  EXPECT_EQ(pixels[1], value(20));
  EXPECT_EQ(pixels[2], value(50));
  EXPECT_EQ(pixels[4], value(11));  // the next channel
  // The cut is made in the mirrored picture.
  const std::vector<float> mirrored = placed_pixels(image, place({4, 2}, {2, 2}, true, 0.0, 0.0));
  EXPECT_EQ(mirrored[0], value(30));
  EXPECT_EQ(mirrored[1], value(20));
  // Transparent stands on white.
  const Image8 clear{1, 1, 4, {0, 0, 0, 0}};
  EXPECT_EQ(placed_pixels(clear, place({1, 1}, {1, 1}, false)), (std::vector<float>{1, 1, 1}));
  // A mask of half its picture's size covers the same part.
  const Image8 mask{2, 1, 1, {255, 0}};
  const std::vector<float> weights = placed_mask(mask, place({4, 2}, {4, 2}, false));
  EXPECT_GT(weights[0], 0.9f);
  EXPECT_LT(weights[3], 0.1f);
  EXPECT_EQ(latent_mask({1, 0, 0.5f, 0.5f, 1, 1, 0, 0}, {4, 2}, 2), (std::vector<float>{0.75f, 0.25f}));
}
