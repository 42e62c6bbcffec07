#include "engine/train/data/encoding_cache.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "tests/engine/io/io_testing.h"

using namespace diptych;
using namespace diptych::train;
using diptych::testing::read_bytes;
using diptych::testing::TemporaryFolder;
using diptych::testing::write_bytes;

namespace {

// Stands for an encoder: tells how often it was asked.
struct CountingEncoder {
  Context& ctx;
  int asked = 0;

  TensorMap operator()() {
    ++asked;
    Tensor latents = ctx.output({4, 3}), pooled = ctx.output({2}, DType::f16);
    if (!ctx.is_meta()) {
      for (int i = 0; i < 12; ++i) latents.data<float>()[i] = 0.5f * static_cast<float>(i);
      std::fill_n(pooled.data<uint16_t>(), 2, uint16_t{0x3C00});
    }
    return {{"latents", latents}, {"pooled", pooled}};
  }
};

void expect_encoded(const TensorMap& tensors) {
  ASSERT_EQ(tensors.size(), 2u);
  const Tensor& latents = tensors.at("latents");
  EXPECT_EQ(latents.shape(), Shape({4, 3}));
  EXPECT_EQ(latents.span<float>()[11], 5.5f);
  EXPECT_EQ(tensors.at("pooled").dtype(), DType::f16);
  EXPECT_EQ(tensors.at("pooled").span<uint16_t>()[1], 0x3C00);
}

}  // namespace

TEST(EncodingCache, EncodesOnce) {
  const TemporaryFolder folder;
  Context ctx(Device{}, 1);
  CountingEncoder encoder{ctx};
  const std::string key = text_key("a cat", "encoder", "", DType::f32);
  const auto encode = [&] { return encoder(); };
  EncodingCache cache(folder / "cache");
  expect_encoded(cache.get(ctx, key, encode));
  expect_encoded(cache.get(ctx, key, encode));
  expect_encoded(EncodingCache(folder / "cache").get(ctx, key, encode));  // of another run
  EXPECT_EQ(encoder.asked, 1);
  EXPECT_EQ(cache.counts().found, 1);
  EXPECT_EQ(cache.counts().made, 1);
}

// Whatever happens to a file: the item is right, and whole on disk again.
TEST(EncodingCache, DamageIsMadeGood) {
  const TemporaryFolder folder;
  Context ctx(Device{}, 1);
  CountingEncoder encoder{ctx};
  const auto encode = [&] { return encoder(); };
  EncodingCache cache(folder / "cache");
  const std::string key = text_key("a cat", "encoder", "", DType::f32);
  const std::string other = text_key("a dog", "encoder", "", DType::f32);
  cache.get(ctx, key, encode);
  const auto whole = read_bytes(cache.file_of(key));
  const std::string text(reinterpret_cast<const char*>(whole.data()), whole.size());
  int damages = 0;
  const auto damaged = [&](const std::string& bytes) {
    write_bytes(cache.file_of(key), bytes);
    expect_encoded(cache.get(ctx, key, encode));
    EXPECT_EQ(read_bytes(cache.file_of(key)), whole);
    EXPECT_EQ(cache.counts().damaged, ++damages);
  };
  for (size_t length = 0; length < text.size(); length += 7) damaged(text.substr(0, length));
  for (size_t at = 0; at < text.size(); at += 5) {
    std::string flipped = text;
    flipped[at] = static_cast<char>(flipped[at] ^ 0x10);
    damaged(flipped);
  }
  // Another item's file under this one's name.
  cache.get(ctx, other, encode);
  const auto foreign = read_bytes(cache.file_of(other));
  damaged(std::string(reinterpret_cast<const char*>(foreign.data()), foreign.size()));
}

TEST(EncodingCache, GoesOnWhereNothingCanBeWritten) {
  const TemporaryFolder folder;
  write_bytes(folder / "file", "in the way");
  Context ctx(Device{}, 1);
  CountingEncoder encoder{ctx};
  EncodingCache cache(folder / "file");
  expect_encoded(cache.get(ctx, text_key("a", "", "", DType::f32), [&] { return encoder(); }));
  EXPECT_NE(cache.problem().find("file"), std::string::npos);
  expect_encoded(cache.get(ctx, text_key("a", "", "", DType::f32), [&] { return encoder(); }));
  EXPECT_EQ(encoder.asked, 2);
}

TEST(EncodingCache, MetaTouchesNoDisk) {
  const TemporaryFolder folder;
  Context ctx(Device{DeviceKind::meta}, 1);
  CountingEncoder encoder{ctx};
  EncodingCache cache(folder / "cache");
  cache.get(ctx, text_key("a", "", "", DType::f32), [&] { return encoder(); });
  EXPECT_EQ(encoder.asked, 1);
  EXPECT_FALSE(std::filesystem::exists(folder / "cache"));
}

TEST(EncodingCache, KeysDifferByAllThatMatters) {
  TrainingPicture picture;
  picture.sha256 = "a";
  const Placement placement = place({100, 80}, {64, 64}, false);
  std::set<std::string> keys;
  const auto add = [&](const TrainingPicture& of, const Placement& at, const char* encoder, DType dtype) {
    keys.insert(latent_key(of, at, encoder, dtype));
  };
  add(picture, placement, "vae", DType::f32);
  add(picture, placement, "vae", DType::f16);
  add(picture, placement, "vae 2", DType::f32);
  add(picture, place({100, 80}, {64, 64}, true), "vae", DType::f32);
  add(picture, place({100, 80}, {64, 64}, false, 0), "vae", DType::f32);
  add(picture, place({100, 80}, {64, 48}, false), "vae", DType::f32);
  picture.sha256 = "b";
  add(picture, placement, "vae", DType::f32);
  EXPECT_EQ(keys.size(), 7u);
  keys = {text_key("a", "bc", "", DType::f32), text_key("ab", "c", "", DType::f32),
          text_key("a", "b", "c", DType::f32)};
  EXPECT_EQ(keys.size(), 3u);
}
