// The gallery: files with their recipes, search, favourites, deleting with undo, uploads, a full disk.
#include "engine/host/images/gallery.h"

#include <sys/resource.h>

#include <csignal>

#include "engine/diffusion/recipe/recipe_reader.h"
#include "tests/engine/host/images/image_host_testing.h"

namespace diptych::host {
namespace {

using api::Json;

class GalleryTest : public ImageHostTest {};

TEST_F(GalleryTest, PicturesAreFilesThatCarryTheirRecipe) {
  const Json image = make({{"prompt", "a (blue:1.2) cat"}, {"negative", "fog"}, {"seed", 11}})[0];
  const std::string path = image["path"];
  EXPECT_TRUE(path.starts_with((folder_.path() / "images").string())) << path;
  const ImageFile file = read_image(path);
  EXPECT_EQ(file.format, ImageFormat::png);
  EXPECT_EQ(file.image.pixels[0], 11);
  const auto recipe = diffusion::restore_recipe(file.texts);
  ASSERT_TRUE(recipe);
  EXPECT_EQ(recipe->recipe.prompt, "a (blue:1.2) cat");
  EXPECT_EQ(recipe->recipe.seed, 11u);
  EXPECT_NE(find_text(file.texts, parameters_key)->find("Negative prompt: fog"), std::string::npos);
  const std::string id = image["id"];
  const Reply whole = client().get("/api/images/" + id + "/file");
  EXPECT_EQ(whole.headers.find("Content-Type")->second, "image/png");
  std::ifstream on_disk(path, std::ios::binary);
  EXPECT_EQ(whole.text, std::string(std::istreambuf_iterator<char>(on_disk), {}));
  const Reply small = client().get("/api/images/" + id + "/thumbnail?size=32");
  EXPECT_EQ(parse_image(std::as_bytes(std::span(small.text)), "thumbnail").image.width, 32);
  EXPECT_EQ(client().get("/api/images/" + id + "/thumbnail?size=32").text, small.text);
}

TEST_F(GalleryTest, OtherFormatsAreASetting) {
  for (const auto& [name, format] : {std::pair{"jpeg", ImageFormat::jpeg}, std::pair{"webp", ImageFormat::webp}}) {
    client().put("/api/settings", {{"image_format", name}});
    const Json image = make({{"prompt", "p"}, {"seed", 3}})[0];
    const ImageFile file = read_image(image["path"].get<std::string>());
    EXPECT_EQ(file.format, format);
    EXPECT_TRUE(diffusion::restore_recipe(file.texts));
  }
  EXPECT_EQ(client().put("/api/settings", {{"image_format", "gif"}}).status, 400);
}

// A JPEG's metadata hold 64 KB: the picture is not kept waiting for a disk with room, nor those behind it.
TEST_F(GalleryTest, WhatTheFormatCannotHoldIsSavedAsPng) {
  client().put("/api/settings", {{"image_format", "jpeg"}});
  const Json image = make({{"prompt", std::string(40000, 'p')}, {"seed", 3}})[0];
  const ImageFile file = read_image(image["path"].get<std::string>());
  EXPECT_EQ(file.format, ImageFormat::png);
  EXPECT_TRUE(image["path"].get<std::string>().ends_with(".png"));
  EXPECT_TRUE(diffusion::restore_recipe(file.texts));
  EXPECT_TRUE(make({{"prompt", "p"}, {"seed", 4}})[0]["path"].get<std::string>().ends_with(".jpg"));
}

TEST_F(GalleryTest, SearchFavouritesAndPages) {
  const std::string cat = make({{"prompt", "a striped cat"}, {"seed", 1}})[0]["id"];
  const std::string dog = make({{"prompt", "a dog"}, {"negative", "leash"}, {"seed", 2}})[0]["id"];
  make({{"prompt", "a boat"}, {"seed", 3}, {"model", "other-painter"}});
  const auto found = [&](const std::string& query) { return of_pictures<std::string>("id", query); };
  EXPECT_EQ(found("q=strip"), std::vector{cat});
  EXPECT_EQ(found("q=leash"), std::vector{dog});
  EXPECT_EQ(found("q=other-painter").size(), 1u);
  EXPECT_EQ(found("q=zebra").size(), 0u);
  EXPECT_EQ(client().patch("/api/images/" + cat, {{"favourite", true}}).json["favourite"], true);
  EXPECT_EQ(found("favourite=1"), std::vector{cat});
  const Json page = client().get("/api/images?limit=2").json;
  EXPECT_EQ(page["more"], true);
  EXPECT_EQ(found("before=" + page["images"][1]["id"].get<std::string>()), std::vector{cat});
}

TEST_F(GalleryTest, WhatLeavingWorkOutOrRoundingCostsIsMeasuredAgainstTheExactPicture) {
  const auto metrics = [&](const Json& image) {
    return client().get("/api/images/" + image["id"].get<std::string>()).json["metrics"];
  };
  constexpr double one_off_db = 48.13;  // 20 log10(255)
  const Json cached = make({{"prompt", "a cat"}, {"seed", 5}, {"cache", "first-block"}})[0];
  EXPECT_TRUE(metrics(cached)["psnr_db"].is_null()) << "there is nothing to compare it with";
  const Json other = make({{"prompt", "a cat"}, {"seed", 6}, {"cache", "first-block"}})[0];
  const Json exact = make({{"prompt", "a cat"}, {"seed", 5}, {"preview", "off"}})[0];
  EXPECT_TRUE(metrics(exact)["psnr_db"].is_null());
  EXPECT_NEAR(metrics(cached)["psnr_db"], one_off_db, 0.01);
  EXPECT_EQ(metrics(cached)["exact_seconds_per_step"], metrics(exact)["seconds_per_step"]);
  EXPECT_TRUE(metrics(other)["psnr_db"].is_null()) << "it has another seed";
  const Json later = make({{"prompt", "a cat"}, {"seed", 5}, {"cache", "teacache:0.2"}})[0];
  EXPECT_NEAR(metrics(later)["psnr_db"], one_off_db, 0.01);
  const Json rounded = make({{"prompt", "a cat"}, {"seed", 5}, {"quantize", "q8_0"}})[0];
  EXPECT_NEAR(metrics(rounded)["psnr_db"], one_off_db, 0.01);
  const Json longer = make({{"prompt", "a cat"}, {"seed", 5}, {"steps", 6}, {"cache", "teacache"}})[0];
  EXPECT_TRUE(metrics(longer)["psnr_db"].is_null()) << "it has other steps";
}

TEST_F(GalleryTest, DeletedPicturesComeBackAndGoAfterThirtyDays) {
  const Json image = make({{"prompt", "x"}, {"seed", 1}})[0];
  const std::string id = image["id"], path = image["path"];
  EXPECT_TRUE(client().patch("/api/images/" + id, {{"deleted", true}}).json["deleted_ms"].is_number());
  EXPECT_EQ(client().get("/api/images").json["images"].size(), 0u);
  EXPECT_EQ(client().get("/api/images?deleted=1").json["images"].size(), 1u);
  EXPECT_TRUE(std::filesystem::exists(path));
  client().patch("/api/images/" + id, {{"deleted", false}});
  EXPECT_EQ(client().get("/api/images").json["images"].size(), 1u);
  client().patch("/api/images/" + id, {{"deleted", true}});
  stop();
  WriteQueue writer(folder_.path() / "diptych.db");
  Reader reader(folder_.path() / "diptych.db");
  std::vector<std::string> removed;
  Gallery gallery(writer, reader,
                  {[](const api::ImageInfo&) {}, [&](const std::string& gone) { removed.push_back(gone); },
                   [](const std::string&) { return false; }});
  constexpr int64_t day_ms = 24LL * 3600 * 1000;
  gallery.prune(now_ms() + 29 * day_ms);
  EXPECT_TRUE(std::filesystem::exists(path));
  gallery.prune(now_ms() + 31 * day_ms);
  EXPECT_FALSE(std::filesystem::exists(path));
  EXPECT_EQ(removed, std::vector{id});
}

TEST_F(GalleryTest, UploadsAreKeptWhileSomethingNamesThem) {
  const Reply sent = post_picture("/api/images/uploads", png(16, 200));
  ASSERT_EQ(sent.status, 201) << sent.text;
  EXPECT_EQ(sent.json["width"], 16);
  const std::string id = sent.json["id"];
  EXPECT_EQ(post_picture("/api/images/uploads", png(16, 200)).json["id"], id);
  EXPECT_EQ(client().get("/api/images/uploads/" + id).text, png(16, 200));
  EXPECT_EQ(post_picture("/api/images/uploads", "no picture").status, 422);
  EXPECT_EQ(client().get("/api/images/uploads/..%2Fdiptych.db").status, 404);
  const std::string other = post_picture("/api/images/uploads", png(16, 9)).json["id"];
  make({{"seed", 1}, {"init", {{"image", id}}}});
  EXPECT_EQ(client().post("/api/images", {{"model", "painter"}, {"init", {{"image", "u0"}}}}).status, 404);
  stop();
  WriteQueue writer(folder_.path() / "diptych.db");
  Reader reader(folder_.path() / "diptych.db");
  Gallery gallery(writer, reader,
                  {[](const api::ImageInfo&) {}, [](const std::string&) {}, [](const std::string&) { return false; }});
  gallery.prune(now_ms() + 8LL * 24 * 3600 * 1000);
  EXPECT_NO_THROW(gallery.uploads().path(id)) << "a picture was made from it";
  EXPECT_THROW(gallery.uploads().path(other), Error);
}

// A limit on the size of files stands for the full disk: pictures and the database cannot grow any more.
TEST_F(GalleryTest, APictureThatCannotBeWrittenIsNotLost) {
  std::signal(SIGXFSZ, SIG_IGN);
  painting_->hold_at = 1;
  const std::string job = start_job({{"seed", 5}, {"count", 2}});
  ASSERT_TRUE(eventually([&] { return is_running(job); }));
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  const rlimit full{64, before.rlim_max};
  setrlimit(RLIMIT_FSIZE, &full);
  painting_->hold_at = -1;
  Json warning;
  client().events("/api/jobs/" + job + "/events", [&](const api::SseEvent& event) {
    if (event.type == "warning") warning = *api::parse(event.data);
    return event.type == "warning";
  });
  EXPECT_EQ(warning["error"]["category"], "io");
  EXPECT_NE(warning["error"]["to_do"], "");
  EXPECT_TRUE(is_running(job));
  setrlimit(RLIMIT_FSIZE, &before);
  EXPECT_EQ(wait_for_job(job)["state"], "done");
  const Json images = client().get("/api/images?job=" + job).json["images"];
  ASSERT_EQ(images.size(), 2u);
  EXPECT_EQ(read_image(images[1]["path"].get<std::string>()).image.pixels[0], 5);
}

}  // namespace
}  // namespace diptych::host
