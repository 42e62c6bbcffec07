// OpenAI's image endpoints.
#include "engine/host/images/openai_images.h"
#include "tests/engine/host/images/image_host_testing.h"

namespace diptych::host {
namespace {

using api::Json;

class ImageOpenAiTest : public ImageHostTest {
 protected:
  Reply edit(const httplib::MultipartFormDataItems& items) {
    httplib::Client http("127.0.0.1", client().port());
    http.set_read_timeout(20);
    const auto result = http.Post("/v1/images/edits", client().headers(), items);
    Reply reply;
    reply.status = result ? result->status : 0;
    reply.json = api::parse(result ? result->body : "").value_or(Json(nullptr));
    return reply;
  }
};

TEST(Base64, ThePublishedVectors) {  // RFC 4648, section 10
  EXPECT_EQ(base64(""), "");
  EXPECT_EQ(base64("f"), "Zg==");
  EXPECT_EQ(base64("fo"), "Zm8=");
  EXPECT_EQ(base64("foo"), "Zm9v");
  EXPECT_EQ(base64("foobar"), "Zm9vYmFy");
}

TEST_F(ImageOpenAiTest, GenerationsInBothForms) {
  const Json request{{"model", "painter"}, {"prompt", "a cat"}, {"n", 2}, {"size", "128x64"}, {"seed", 40}};
  const Reply reply = client().post("/v1/images/generations", request);
  ASSERT_EQ(reply.status, 200) << reply.text;
  EXPECT_GT(reply.json["created"], 1600000000);
  ASSERT_EQ(reply.json["data"].size(), 2u);
  const Json images = client().get("/api/images").json["images"];
  EXPECT_EQ(images[0]["width"], 128);
  EXPECT_EQ(images[0]["height"], 64);
  EXPECT_EQ(images[1]["seed"], 40) << "latest first";
  const std::string first = images[1]["id"];
  EXPECT_EQ(reply.json["data"][0]["b64_json"], base64(client().get("/api/images/" + first + "/file").text));

  Json by_url = request;
  by_url["response_format"] = "url";
  const std::string url = client().post("/v1/images/generations", by_url).json["data"][0]["url"];
  const std::string host = "http://127.0.0.1:" + std::to_string(client().port());
  ASSERT_TRUE(url.starts_with(host)) << url;
  EXPECT_EQ(client().get(url.substr(host.size())).status, 200);
}

TEST_F(ImageOpenAiTest, GenerationsRefuseWhatTheyDoNotUnderstand) {
  const auto status = [&](const Json& request) { return client().post("/v1/images/generations", request).status; };
  EXPECT_EQ(status({{"model", "painter"}}), 400);
  EXPECT_EQ(status({{"prompt", "x"}, {"model", "nobody"}}), 404);
  EXPECT_EQ(status({{"prompt", "x"}, {"model", "painter"}, {"size", "large"}}), 400);
  EXPECT_EQ(status({{"prompt", "x"}, {"model", "painter"}, {"n", 0}}), 400);
  EXPECT_EQ(status({{"prompt", "x"}, {"model", "painter"}, {"response_format", "gif"}}), 400);
  const Reply odd = client().post("/v1/images/generations", {{"prompt", "x"}, {"model", "painter"}, {"size", "63x64"}});
  EXPECT_EQ(odd.status, 400);
  EXPECT_FALSE(odd.json["error"]["message"].get<std::string>().empty());
}

TEST_F(ImageOpenAiTest, EditsTakeAPictureAndAMask) {
  const std::string picture = png(64, 100), mask = png(64, 0, 4);
  const Reply reply = edit({{"image", picture, "a.png", "image/png"},
                            {"mask", mask, "m.png", "image/png"},
                            {"prompt", "a hat", "", ""},
                            {"model", "painter", "", ""},
                            {"seed", "3", "", ""}});
  ASSERT_EQ(reply.status, 200) << reply.json.dump();
  ASSERT_EQ(reply.json["data"].size(), 1u);
  const Json init = client().get("/api/images").json["images"][0]["settings"]["init"];
  EXPECT_EQ(client().get("/api/images/uploads/" + init["image"].get<std::string>()).text, picture);
  EXPECT_EQ(client().get("/api/images/uploads/" + init["mask"].get<std::string>()).text, mask);
  EXPECT_EQ(init["strength"], 1.0);
  EXPECT_EQ(edit({{"prompt", "a hat", "", ""}, {"model", "painter", "", ""}}).status, 400);
  EXPECT_EQ(edit({{"image", "nothing", "a.png", "image/png"}, {"prompt", "x", "", ""}}).status, 422);
}

TEST_F(ImageOpenAiTest, APictureThatIsTransparentIsItsOwnMask) {
  ASSERT_EQ(
      edit({{"image", png(64, 0, 4), "a.png", "image/png"}, {"prompt", "a hat", "", ""}, {"model", "painter", "", ""}})
          .status,
      200);
  const Json init = client().get("/api/images").json["images"][0]["settings"]["init"];
  EXPECT_EQ(init["mask"], init["image"]);
}

}  // namespace
}  // namespace diptych::host
