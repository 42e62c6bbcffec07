// A host with two fake image models, "painter" and "other-painter", beside the fake language models.
#pragma once

#include "engine/io/images/image.h"
#include "tests/engine/host/host_testing.h"
#include "tests/engine/host/images/fake_image_model.h"

namespace diptych::host {

class ImageHostTest : public HostTest {
 protected:
  ImageHostTest() {
    for (const char* name : {"painter", "other-painter"}) {
      const auto folder = folder_.path() / "models" / name;
      std::filesystem::create_directories(folder);
      std::ofstream(folder / "model_index.json") << "{}";
    }
    start_images();
  }
  void start_images(HostOptions options = {}) {
    options.image_loader = std::make_shared<FakeImageLoader>(painting_);
    start(std::move(options));
  }
  std::string start_job(api::Json settings) {
    if (!settings.contains("model")) settings["model"] = "painter";
    const Reply reply = client().post("/api/images", settings);
    EXPECT_EQ(reply.status, 202) << reply.text;
    return reply.status == 202 ? reply.json["job"].get<std::string>() : "";
  }
  api::Json make(const api::Json& settings) {
    const std::string job = start_job(settings);
    EXPECT_EQ(wait_for_job(job)["state"], "done");
    return client().get("/api/images?job=" + job).json["images"];
  }
  std::vector<std::string> queued() {
    std::vector<std::string> ids;
    const api::Json queue = client().get("/api/images/queue").json;
    for (const api::Json& one : queue["jobs"]) ids.push_back(one["job"]["id"]);
    return ids;
  }
  // A field of each picture, latest first.
  template <typename T>
  std::vector<T> of_pictures(const char* field, const std::string& query = "") {
    std::vector<T> values;
    const api::Json list = client().get("/api/images?" + query).json;
    for (const api::Json& image : list["images"]) values.push_back(image[field].get<T>());
    return values;
  }
  bool is_running(const std::string& job) { return client().get("/api/jobs/" + job).json["state"] == "running"; }
  static std::string png(int64_t side, uint8_t value, int channels = 3) {
    Image8 image{side, side, channels, {}};
    image.pixels.assign(static_cast<size_t>(side * side * channels), value);
    return encode_image(image, ImageFormat::png);
  }
  Reply post_picture(const std::string& path, const std::string& bytes) { return client().post_text(path, bytes); }

  std::shared_ptr<FakePainting> painting_ = std::make_shared<FakePainting>();
};

}  // namespace diptych::host
