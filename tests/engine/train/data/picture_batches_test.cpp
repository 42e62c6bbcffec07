#include "engine/train/data/picture_batches.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "engine/train/data/captions.h"
#include "tests/engine/io/io_testing.h"

using namespace diptych;
using namespace diptych::train;

namespace {

TrainingPicture made_picture(PictureSize size, int64_t repeats, bool regularization = false) {
  TrainingPicture picture;
  picture.item.repeats = repeats;
  picture.item.regularization = regularization;
  picture.item.caption = "one, two, three, four, five, six";
  picture.size = picture.bucket = size;
  picture.size.width += 10;
  return picture;
}

Recipe drawing_recipe() {
  Recipe recipe;
  recipe.seed = 9;
  recipe.batch = 3;
  recipe.image.flip = recipe.image.random_crop = recipe.image.shuffle_tags = true;
  recipe.image.keep_tags = 2;
  recipe.image.caption_dropout = 0.2;
  return recipe;
}

bool same(const PictureBatch& a, const PictureBatch& b) {
  return a.size == b.size && std::ranges::equal(a.pictures, b.pictures, [](const auto& x, const auto& y) {
           return x.picture == y.picture && x.caption == y.caption && x.placement == y.placement &&
                  x.weight == y.weight;
         });
}

}  // namespace

TEST(Buckets, HaveTheAreaAndTheSteps) {
  ImageOptions options;
  options.bucket_max = 1024;
  const Buckets buckets(options);
  std::set<std::pair<int64_t, int64_t>> sizes;
  for (const PictureSize& size : buckets.sizes()) {
    EXPECT_EQ(size.width % 64, 0);
    EXPECT_EQ(size.height % 64, 0);
    EXPECT_LE(size.width * size.height, 512 * 512);
    EXPECT_GE(std::min(size.width, size.height), 256);
    sizes.insert({size.width, size.height});
  }
  // What kohya's model_util.make_bucket_resolutions((512, 512), 256, 1024, 64) lists.
  const std::set<std::pair<int64_t, int64_t>> expected{
      {256, 1024}, {320, 768}, {384, 640},  {448, 576}, {512, 512}, {576, 448}, {640, 384}, {768, 320}, {832, 256},
      {896, 256},  {960, 256}, {1024, 256}, {704, 320}, {320, 704}, {256, 960}, {256, 896}, {256, 832}};
  std::set<std::pair<int64_t, int64_t>> both = expected;
  for (const auto& [width, height] : expected) both.insert({height, width});
  EXPECT_EQ(sizes, both);
}

TEST(Buckets, ChooseTheNearestShape) {
  ImageOptions options;
  options.upscale = true;
  EXPECT_EQ(Buckets(options).bucket_of({3000, 3000}), (PictureSize{512, 512}));
  EXPECT_EQ(Buckets(options).bucket_of({300, 200}), (PictureSize{640, 384}));
  // Without upscaling, the picture's own size.
  options.upscale = false;
  EXPECT_EQ(Buckets(options).bucket_of({300, 200}), (PictureSize{256, 192}));
  EXPECT_EQ(Buckets(options).bucket_of({3000, 3000}), (PictureSize{512, 512}));
  EXPECT_EQ(Buckets(options).bucket_of({512, 512}), (PictureSize{512, 512}));
  EXPECT_EQ(Buckets(options).bucket_of({63, 200}), std::nullopt);
  options.buckets = false;
  EXPECT_EQ(Buckets(options).bucket_of({63, 200}), (PictureSize{512, 512}));
}

TEST(Buckets, PlacementsCoverTheBucket) {
  const Placement wide = place({1000, 500}, {256, 256}, false);
  EXPECT_EQ(wide.scaled, (PictureSize{512, 256}));
  EXPECT_EQ(wide.crop_left, 128);
  EXPECT_EQ(wide.crop_top, 0);
  EXPECT_EQ(place({1000, 500}, {256, 256}, false, 0.999999, 0).crop_left, 256);
  EXPECT_EQ(place({1000, 500}, {256, 256}, false, 0, 0).crop_left, 0);
  for (int64_t width = 1; width < 200; width += 7) {
    const Placement any = place({width, 77}, {64, 128}, false, 0.999999, 0.999999);
    EXPECT_GE(any.scaled.width, 64);
    EXPECT_GE(any.scaled.height, 128);
    EXPECT_LE(any.crop_left + 64, any.scaled.width);
    EXPECT_LE(any.crop_top + 128, any.scaled.height);
  }
}

TEST(Captions, AreShuffledBehindWhatIsKept) {
  ImageOptions options;
  options.shuffle_tags = true;
  options.keep_tags = 2;
  std::set<std::string> seen;
  for (int64_t epoch = 0; epoch < 50; ++epoch) {
    const std::string caption = drawn_caption("a, b ,c,d, e", options, EntryDraws(1, epoch, 7));
    EXPECT_TRUE(caption.starts_with("a, b, ")) << caption;
    EXPECT_EQ(caption.size(), std::string("a, b, c, d, e").size());
    EXPECT_EQ(caption, drawn_caption("a, b ,c,d, e", options, EntryDraws(1, epoch, 7)));
    seen.insert(caption);
  }
  EXPECT_EQ(seen.size(), 6u);  // all orders of the three others
  options.shuffle_tags = false;
  EXPECT_EQ(drawn_caption("a, b ,c", options, EntryDraws(1, 0, 7)), "a, b ,c");  // as written
  options.caption_prefix = "photo of";
  EXPECT_EQ(drawn_caption("a", options, EntryDraws(1, 0, 7)), "photo of a");
}

TEST(Captions, FallAsOftenAsAsked) {
  ImageOptions options;
  options.caption_dropout = 0.3;
  int empty = 0;
  for (int64_t entry = 0; entry < 2000; ++entry)
    empty += drawn_caption("a", options, EntryDraws(1, 0, entry)).empty() ? 1 : 0;
  EXPECT_NEAR(empty, 600, 82);  // four standard deviations
  options.caption_dropout = 0;
  options.tag_dropout = 1;
  options.keep_tags = 1;
  EXPECT_EQ(drawn_caption("a, b, c", options, EntryDraws(1, 0, 0)), "a");
}

TEST(PictureBatches, ShowEachPictureAsOftenAsItRepeats) {
  std::vector<TrainingPicture> pictures{made_picture({512, 512}, 5), made_picture({512, 512}, 2),
                                        made_picture({640, 384}, 4)};
  const Recipe recipe = drawing_recipe();
  PictureBatches batches(pictures, recipe);
  std::map<int64_t, int> shown;
  const int64_t count = batches.batches_in(0);
  EXPECT_EQ(count, 3 + 2);  // seven squares and four others, by three
  bool flipped = false, straight = false;
  for (int64_t i = 0; i < count; ++i) {
    const PictureBatch batch = batches.next();
    for (const DrawnPicture& drawn : batch.pictures) {
      EXPECT_EQ(pictures[static_cast<size_t>(drawn.picture)].bucket, batch.size);
      EXPECT_EQ(drawn.placement.bucket, batch.size);
      EXPECT_TRUE(drawn.caption.empty() || drawn.caption.starts_with("one, two, ")) << drawn.caption;
      (drawn.placement.flipped ? flipped : straight) = true;
      ++shown[drawn.picture];
    }
  }
  EXPECT_EQ(shown, (std::map<int64_t, int>{{0, 5}, {1, 2}, {2, 4}}));
  EXPECT_TRUE(flipped && straight);
  EXPECT_EQ(batches.position(), (DataPosition{1, 0}));
}

TEST(PictureBatches, RegularizationKeepsStep) {
  std::vector<TrainingPicture> pictures{made_picture({512, 512}, 4)};
  for (int i = 0; i < 7; ++i) pictures.push_back(made_picture({512, 512}, 1, true));
  Recipe recipe = drawing_recipe();
  recipe.batch = 2;
  recipe.loss.prior_preservation = 0.5;
  PictureBatches batches(pictures, recipe);
  std::map<int64_t, int> shown;
  while (batches.position().epoch < 7) {
    for (const DrawnPicture& drawn : batches.next().pictures) {
      ++shown[drawn.picture];
      EXPECT_EQ(drawn.weight, drawn.picture == 0 ? 1 : 0.5);
    }
  }
  EXPECT_EQ(shown[0], 28);
  for (int64_t i = 1; i < 8; ++i) EXPECT_EQ(shown[i], 4) << i;  // all took their turn
}

TEST(PictureBatches, GoOnBitByBit) {
  std::vector<TrainingPicture> pictures;
  for (int64_t i = 0; i < 20; ++i) pictures.push_back(made_picture({512, i % 3 == 0 ? 512 : 384}, 1 + i % 2));
  const Recipe recipe = drawing_recipe();
  PictureBatches straight(pictures, recipe);
  std::vector<PictureBatch> all;
  std::vector<DataPosition> positions;
  for (int i = 0; i < 40; ++i) {
    positions.push_back(straight.position());
    all.push_back(straight.next());
  }
  EXPECT_GT(straight.position().epoch, 1);
  EXPECT_FALSE(same(all[0], all[static_cast<size_t>(straight.batches_in(0))]));
  for (const size_t from : {0u, 5u, 23u}) {
    PictureBatches again(pictures, recipe);
    again.seek(positions[from]);
    for (size_t i = from; i < all.size(); ++i) ASSERT_TRUE(same(again.next(), all[i])) << i;
  }
  EXPECT_EQ(diptych::testing::error_of([&] { straight.seek({0, 99}); }).category(), ErrorCategory::invalid_argument);
}

TEST(PictureBatches, ValidationDrawsNothing) {
  std::vector<TrainingPicture> pictures{made_picture({512, 512}, 1), made_picture({512, 512}, 1)};
  PictureBatches batches(pictures, drawing_recipe(), false);
  const PictureBatch first = batches.next(), second = batches.next();
  EXPECT_TRUE(same(first, second));
  EXPECT_EQ(first.pictures[0].caption, pictures[0].item.caption);
  EXPECT_EQ(first.pictures[0].placement.crop_left, 5);
}
