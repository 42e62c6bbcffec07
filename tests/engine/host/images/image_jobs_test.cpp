// Jobs that make pictures: events, previews, cancelling, the queue and its life beyond the host.
#include <map>
#include <thread>

#include "engine/host/images/image_store.h"
#include "engine/host/store/database.h"
#include "tests/engine/host/images/image_host_testing.h"

namespace diptych::host {
namespace {

using api::Json;

class ImageJobsTest : public ImageHostTest {};

TEST_F(ImageJobsTest, ModelsOfBothKindsAreListed) {
  std::map<std::string, std::string> kinds;
  const Json models = client().get("/api/models").json;
  for (const Json& model : models["models"]) kinds[model["id"]] = model["kind"];
  EXPECT_EQ(kinds["painter"], "image");
  EXPECT_EQ(kinds["tiny"], "text");
  const Json info = client().get("/api/images/models/painter").json;
  EXPECT_EQ(info["id"], "painter");
  EXPECT_EQ(info["family"], "sdxl");
  EXPECT_EQ(client().get("/api/images/models/tiny").status, 422);
  EXPECT_EQ(client().get("/api/images/models/nobody").status, 404);
  EXPECT_EQ(client().post("/api/models/load", {{"model", "painter"}}).status, 422);
}

TEST_F(ImageJobsTest, AModelWithoutItsReaderSaysWhatItNeedsUntilThatIsThere) {
  const auto folder = folder_.path() / "models" / "reader-less";
  std::filesystem::create_directories(folder);
  std::ofstream(folder / "model_index.json") << "{}";
  const auto listed = [&] {
    const Json models = client().get("/api/models").json;
    for (const Json& model : models["models"])
      if (model["id"] == "reader-less") return model;
    return Json();
  };
  EXPECT_EQ(listed()["kind"], "image");
  EXPECT_EQ(listed()["state"], "failed");
  EXPECT_EQ(listed()["needs"], "SmolLM2-135M-Instruct");
  EXPECT_EQ(listed()["shipped"], false);
  EXPECT_EQ(client().post("/api/images", {{"model", "reader-less"}}).status, 404);
  painting_->needs_reader = false;  // the file itself stays as it was
  EXPECT_EQ(listed()["state"], "available");
  EXPECT_EQ(listed()["needs"], "");
  EXPECT_TRUE(listed()["error"].is_null());
}

TEST_F(ImageJobsTest, AJobTellsItsCourseAndItsPictures) {
  painting_->step_us = 120000;  // above the pace at which progress is told
  const std::string job = start_job({{"prompt", "a cat"}, {"seed", 7}, {"batch", 2}, {"count", 2}, {"steps", 3}});
  std::map<std::string, int> seen;
  std::vector<int64_t> seeds;
  Json last;
  for (const api::SseEvent& event : client().events("/api/jobs/" + job + "/events", [](auto&) { return false; })) {
    ++seen[event.type];
    const Json data = *api::parse(event.data);
    if (event.type == "image") seeds.push_back(data["seed"]);
    if (event.type == "progress" && data["phase"] == "denoising") last = data;
  }
  EXPECT_EQ(seeds, (std::vector<int64_t>{7, 8, 9, 10}));
  EXPECT_GE(seen["preview"], 2);
  EXPECT_GE(seen["progress"], 4);
  EXPECT_EQ(last["images"], 4);
  EXPECT_TRUE(last["seconds_per_step"].is_number());
  EXPECT_TRUE(last["seconds_left"].is_number());
  const Reply preview = client().get("/api/jobs/" + job + "/preview");
  EXPECT_EQ(preview.status, 200);
  EXPECT_EQ(preview.headers.find("Content-Type")->second, "image/png");
  EXPECT_EQ(parse_image(std::as_bytes(std::span(preview.text)), "preview").image.width, 8);
  EXPECT_EQ(painting_->loads, 1);
  const Json images = client().get("/api/images?job=" + job).json["images"];
  ASSERT_EQ(images.size(), 4u);
  const Json& picture = images[3];
  EXPECT_EQ(picture["settings"]["seed"], 7);
  EXPECT_EQ(picture["settings"]["batch"], 1);
  EXPECT_EQ(picture["settings"]["width"], 64);
  EXPECT_GT(picture["metrics"]["gflop_s"], 0);
  EXPECT_EQ(picture["metrics"]["predicted_memory_bytes"], 2 << 20);
}

TEST_F(ImageJobsTest, CancellingKeepsWhatIsFinished) {
  painting_->hold_run = 2;
  painting_->hold_at = 1;
  const std::string job = start_job({{"seed", 5}, {"count", 3}});
  ASSERT_TRUE(eventually([&] { return of_pictures<int64_t>("seed", "job=" + job).size() == 1; }));
  EXPECT_TRUE(is_running(job));
  client().post("/api/jobs/" + job + "/cancel");
  EXPECT_EQ(wait_for_job(job)["state"], "cancelled");
  EXPECT_EQ(of_pictures<int64_t>("seed", "job=" + job), std::vector<int64_t>{5});
  painting_->hold_at = -1;
  make({{"seed", 1}});  // the device is free again
}

TEST_F(ImageJobsTest, WaitingJobsAreReorderedAndCancelled) {
  painting_->hold_at = 1;
  const std::string running = start_job({{"seed", 1}});
  ASSERT_TRUE(eventually([&] { return is_running(running); }));
  const std::string a = start_job({{"seed", 2}}), b = start_job({{"seed", 3}}), c = start_job({{"seed", 4}});
  EXPECT_EQ(queued(), (std::vector{running, a, b, c}));
  client().post("/api/images/queue", {{"jobs", {c, "unknown", a}}});
  EXPECT_EQ(queued(), (std::vector{running, c, a, b}));
  client().post("/api/jobs/" + a + "/cancel");
  EXPECT_EQ(wait_for_job(a)["state"], "cancelled");
  EXPECT_EQ(queued(), (std::vector{running, c, b}));
  painting_->hold_at = -1;
  wait_for_job(b);
  EXPECT_EQ(of_pictures<int64_t>("seed"), (std::vector<int64_t>{3, 4, 1})) << "latest first";
}

TEST_F(ImageJobsTest, AnAnswerDoesNotWaitForAnImageJob) {
  load();
  painting_->hold_at = 1;
  const std::string job = start_job({{"seed", 1}});
  ASSERT_TRUE(eventually([&] { return is_running(job); }));
  EXPECT_EQ(ask(new_conversation(), "hello")["state"], "complete");
  EXPECT_TRUE(is_running(job));
  painting_->hold_at = -1;
  EXPECT_EQ(wait_for_job(job)["state"], "done");
}

TEST_F(ImageJobsTest, WhatWaitedGoesOnWithTheNextHost) {
  painting_->hold_at = 1;
  const std::string running = start_job({{"seed", 1}});
  ASSERT_TRUE(eventually([&] { return is_running(running); }));
  const std::string a = start_job({{"seed", 2}}), b = start_job({{"seed", 3}});
  client().post("/api/images/queue", {{"jobs", {b}}});
  stop();
  painting_->hold_at = -1;
  start_images();
  EXPECT_EQ(wait_for_job(a)["state"], "done");
  EXPECT_EQ(wait_for_job(b)["state"], "done");
  EXPECT_EQ(client().get("/api/jobs/" + running).json["state"], "interrupted");
  EXPECT_EQ(of_pictures<int64_t>("seed"), (std::vector<int64_t>{2, 3})) << "in the order in which they waited";
}

// A host that is killed leaves its database as it stands.
TEST_F(ImageJobsTest, WhatWaitsIsInTheDatabaseOnceItsJobIsKnown) {
  Database database(folder_.path() / "diptych.db", Database::Access::read_only);
  const auto waiting = [&] {
    std::vector<std::string> ids;
    for (const api::JobInfo& job : store::waiting_image_jobs(database)) ids.push_back(job.id);
    return ids;
  };
  for (int round = 0; round < 40; ++round) {
    painting_->hold_at = 1;
    std::string one, other;  // asked for at once, so that one begins while the other is put into the queue
    std::thread asking([&] { one = start_job({{"prompt", "x"}}); });
    other = start_job({{"prompt", "y"}});
    asking.join();
    EXPECT_TRUE(eventually([&] { return is_running(one) || is_running(other); }));
    const std::vector<std::string> expected{is_running(one) ? other : one};
    EXPECT_TRUE(eventually([&] { return waiting() == expected; }, 1000)) << round;
    painting_->hold_at = -1;
    wait_for_job(one);
    wait_for_job(other);
  }
}

TEST_F(ImageJobsTest, EstimatesAndRefusals) {
  const Json rough = client().post("/api/images/estimate", {{"model", "painter"}, {"prompt", "abc"}}).json;
  EXPECT_EQ(rough["memory_bytes"], 1 << 20);
  EXPECT_EQ(rough["fits"], true);
  EXPECT_EQ(rough["steps"], 4);
  EXPECT_EQ(rough["tokens"][0]["tokens"], 3);
  EXPECT_EQ(rough["seconds"]["known"], "unreadable") << "nothing was measured";
  make({{"seed", 1}});
  const Json measured = client().post("/api/images/estimate", {{"model", "painter"}, {"count", 3}}).json;
  EXPECT_EQ(measured["seconds"]["known"], "modelled");
  EXPECT_NEAR(measured["seconds"]["value"].get<double>(), 3 * 4 * 500e-6, 1e-4);
  painting_->memory_bytes = int64_t{1} << 50;
  const Json large = client().post("/api/images/estimate", {{"model", "painter"}}).json;
  EXPECT_EQ(large["fits"], false);
  EXPECT_NE(large["to_do"], "");
  const Reply refused = client().post("/api/images", {{"model", "painter"}});
  EXPECT_EQ(refused.status, 507);
  EXPECT_NE(refused.json["error"]["why"].get<std::string>().find("GB"), std::string::npos);
  EXPECT_EQ(client().post("/api/images", {{"model", "painter"}, {"width", 63}}).status, 400);
  EXPECT_EQ(client().post("/api/images", {{"model", "painter"}, {"batch", 65}}).status, 400);
  EXPECT_EQ(client().post("/api/images", {{"model", "tiny"}}).status, 422);
  const Reply broken = client().post("/api/images", {{"model", "broken"}});
  EXPECT_EQ(broken.status, 422);
  EXPECT_EQ(broken.json["error"]["to_do"], client().get("/api/models").json["models"][0]["error"]["to_do"]);
}

TEST_F(ImageJobsTest, APictureIsEnlargedWithoutAModel) {
  const Json source = make({{"seed", 1}, {"prompt", "a cat"}})[0];
  const Json init{{"image", source["id"]}, {"strength", 0.0}};
  const std::string job = start_job({{"prompt", "a cat"}, {"init", init}, {"upscale", {{"scale", 2.0}}}});
  const Json ended = wait_for_job(job);
  EXPECT_EQ(ended["state"], "done");
  EXPECT_EQ(ended["title"], "Upscale: a cat");
  const Json image = client().get("/api/images?job=" + job).json["images"][0];
  EXPECT_EQ(image["model"], "");
  EXPECT_EQ(image["settings"]["init"]["image"], source["id"]);
  EXPECT_FALSE(image["recipe"].contains("model")) << image["recipe"];
  EXPECT_EQ(client().get("/api/images?q=cat").json["images"].size(), 2u) << "it is found by its words";
  make({{"seed", 2}, {"model", ""}});  // with the model that made the first one, not with none
  EXPECT_EQ(of_pictures<std::string>("model")[0], "painter");
  std::filesystem::remove(
      client().get("/api/images/" + source["id"].get<std::string>()).json["path"].get<std::string>());
  const Json lost = wait_for_job(start_job({{"init", init}, {"upscale", Json::object()}}));
  EXPECT_EQ(lost["state"], "failed");
}

TEST_F(ImageJobsTest, AnEnlargedPhotographIsNotCalledGenerated) {
  const auto enlarged = [&](const std::string& bytes) {
    const Json init{{"image", post_picture("/api/images/uploads", bytes).json["id"]}, {"strength", 0.0}};
    const std::string job = start_job({{"init", init}, {"upscale", {{"scale", 2.0}}}});
    EXPECT_EQ(wait_for_job(job)["state"], "done");
    const Json image = client().get("/api/images?job=" + job).json["images"][0];
    return client().get("/api/images/" + image["id"].get<std::string>() + "/file").text;
  };
  EXPECT_NE(enlarged(png(64, 40)).find("algorithmicallyEnhanced"), std::string::npos);
  const std::string made = make({{"seed", 1}})[0]["id"];
  EXPECT_NE(enlarged(client().get("/api/images/" + made + "/file").text).find("trainedAlgorithmicMedia"),
            std::string::npos);
}

TEST_F(ImageJobsTest, WhatCannotBeEnlargedIsRefused) {
  const Json init{{"image", make({{"seed", 1}})[0]["id"]}, {"strength", 0.5}};
  const auto refused = [&](Json settings) {
    settings["model"] = "painter";
    const Reply reply = client().post("/api/images/estimate", settings);
    EXPECT_NE(reply.status, 200) << settings;
    return reply.text;
  };
  EXPECT_NE(refused({{"upscale", Json::object()}}).find("init"), std::string::npos);
  refused({{"init", init}, {"upscale", {{"scale", 0.5}}}});
  refused({{"init", init}, {"upscale", {{"tile", 8}}}});
  refused({{"init", init}, {"batch", 2}, {"upscale", Json::object()}});
  refused({{"init", init}, {"hires", Json::object()}, {"upscale", Json::object()}});
  EXPECT_NE(refused({{"init", init}, {"upscale", {{"upscaler", "nowhere"}}}}).find("nowhere"), std::string::npos);
  Json alone = init;
  alone["strength"] = 0;
  EXPECT_NE(refused({{"init", alone}, {"upscale", {{"upscaler", "latent"}}}}).find("latent"), std::string::npos);
}

TEST_F(ImageJobsTest, APlotIsThereFromItsStartToItsEnd) {
  painting_->step_us = 50;
  for (int i = 0; i < 5; ++i) {
    const Json request{{"settings", {{"model", "painter"}, {"width", 1024}, {"height", 1024}}},
                       {"axes", {{{"field", "seed"}, {"values", {1, 2}}}}}};
    const std::string job = client().post("/api/images/plot", request).json["job"];
    std::string state;
    while (state != "done") {
      const Reply plot = client().get("/api/images/plot/" + job);
      ASSERT_EQ(plot.status, 200) << plot.text;
      ASSERT_EQ(plot.json["cells"].size(), 2u);
      state = client().get("/api/jobs/" + job).json["state"];
      ASSERT_NE(state, "failed");
    }
  }
}

// A picture takes 2 GB, of which the model keeps 1 when it is made; a language model takes 2.
class ScarceMemoryTest : public ImageHostTest {
 protected:
  ScarceMemoryTest() {
    stop();
    painting_->memory_bytes = behaviour_->memory_bytes = 2'000'000'000;
    HostOptions options;
    options.memory = [this] {
      const int64_t taken = painting_->loaded * painting_->memory_bytes / 2;
      return telemetry::SystemMemory{8'000'000'000, without_images_ - taken, 1};
    };
    start_images(std::move(options));
  }
  ~ScarceMemoryTest() override { stop(); }
  std::string state_of(const std::string& id) {
    const Json models = client().get("/api/models").json;
    for (const Json& model : models["models"]) {
      if (model["id"] == id) return model["state"];
    }
    return "";
  }
  std::atomic<int64_t> without_images_{3'000'000'000};  // available, if no image model were loaded
};

TEST_F(ScarceMemoryTest, AnUnusedImageModelMakesRoomForALanguageModel) {
  make({{"seed", 1}});
  EXPECT_EQ(state_of("painter"), "loaded");
  without_images_ = 2'500'000'000;
  load("tiny");
  EXPECT_EQ(state_of("tiny"), "loaded");
  EXPECT_EQ(state_of("painter"), "available");
  EXPECT_EQ(painting_->loaded, 0);
}

TEST_F(ScarceMemoryTest, AnUnusedImageModelStaysWhereUnloadingItIsOfNoUse) {
  make({{"seed", 1}});
  without_images_ = 1'500'000'000;
  const Reply refused = client().post("/api/models/load", {{"model", "tiny"}});
  EXPECT_EQ(refused.status, 507) << refused.text;
  EXPECT_EQ(state_of("painter"), "loaded");
  without_images_ = 4'000'000'000;
  load("tiny");
  EXPECT_EQ(state_of("tiny"), "loaded");
  EXPECT_EQ(state_of("painter"), "loaded") << "there is room for both";
}

TEST_F(ScarceMemoryTest, WhatARunWillStillTakeIsNotFree) {
  painting_->hold_at = 1;
  const std::string job = start_job({{"seed", 1}});
  ASSERT_TRUE(eventually([&] { return is_running(job) && state_of("painter") == "loaded"; }));
  without_images_ = 2'400'000'000;  // the run has taken 1 GB of them and takes 1 more
  const Reply refused = client().post("/api/models/load", {{"model", "tiny"}});
  EXPECT_EQ(refused.status, 507) << refused.text;
  EXPECT_NE(refused.json["error"]["to_do"].get<std::string>().find("painter"), std::string::npos) << refused.text;
  // The next picture begins when this one has ended: what is promised to it is no obstacle.
  EXPECT_EQ(client().post("/api/images/estimate", {{"model", "painter"}}).json["fits"], true);
  painting_->hold_at = -1;
  EXPECT_EQ(wait_for_job(job)["state"], "done");
  load("tiny");
  EXPECT_EQ(state_of("tiny"), "loaded");
  EXPECT_EQ(state_of("painter"), "available");
}

TEST_F(ScarceMemoryTest, AJobThatNoLongerFitsFailsAndTheHostGoesOn) {
  painting_->hold_at = 1;
  const std::string first = start_job({{"seed", 1}}), second = start_job({{"seed", 2}, {"model", "other-painter"}});
  ASSERT_TRUE(eventually([&] { return state_of("painter") == "loaded"; }));
  without_images_ = 100'000'000;
  painting_->hold_at = -1;
  EXPECT_EQ(wait_for_job(first)["state"], "done");
  const Json failed = wait_for_job(second);
  EXPECT_EQ(failed["state"], "failed");
  EXPECT_EQ(failed["error"]["category"], "out_of_memory") << failed;
  EXPECT_NE(failed["error"]["why"].get<std::string>().find("2.00 GB"), std::string::npos) << failed;
  EXPECT_NE(failed["error"]["to_do"], "");
  without_images_ = 3'000'000'000;
  EXPECT_EQ(make({{"seed", 3}}).size(), 1u);
}

TEST_F(ImageJobsTest, APlotLoadsEachModelOnceAndKeepsItsCells) {
  const Json request{{"settings", {{"model", "painter"}, {"prompt", "a red cat"}, {"seed", 9}}},
                     {"axes",
                      {{{"field", "model"}, {"values", {"painter", "other-painter"}}},
                       {{"field", "steps"}, {"values", {1, 2}}},
                       {{"field", "prompt"}, {"values", {"red", "blue"}}}}}};
  const Reply estimated = client().post("/api/images/plot/estimate", request);
  ASSERT_EQ(estimated.status, 200) << estimated.text;
  const Json& estimate = estimated.json;
  EXPECT_EQ(estimate["cells"], 8);
  EXPECT_EQ(estimate["model_loads"], 2);
  EXPECT_EQ(estimate["fits"], true);
  const Reply started = client().post("/api/images/plot", request);
  ASSERT_EQ(started.status, 202) << started.text;
  EXPECT_EQ(started.json["seed"], 9);
  const std::string job = started.json["job"];
  EXPECT_EQ(wait_for_job(job)["state"], "done");
  EXPECT_EQ(painting_->loads, 2);
  const Reply kept = client().get("/api/images/plot/" + job);
  ASSERT_EQ(kept.status, 200) << kept.text;
  const Json& plot = kept.json;
  ASSERT_EQ(plot["cells"].size(), 8u);
  for (const Json& cell : plot["cells"]) {
    const Json image = client().get("/api/images/" + cell["image"].get<std::string>()).json;
    EXPECT_EQ(image["model"], cell["at"][0] == 0 ? "painter" : "other-painter");
    EXPECT_EQ(image["settings"]["steps"], cell["at"][1] == 0 ? 1 : 2);
    EXPECT_EQ(image["prompt"], cell["at"][2] == 0 ? "a red cat" : "a blue cat");
    EXPECT_EQ(image["seed"], 9);
  }
  const std::string grid = plot["grid"];
  const Json picture = client().get("/api/images/" + grid).json;
  EXPECT_EQ(picture["width"], 2 * 64 + 8);
  EXPECT_EQ(picture["recipe"]["plot"]["cells"].size(), 8u);
  const Reply restored = post_picture("/api/images/recipe", client().get("/api/images/" + grid + "/file").text);
  EXPECT_EQ(restored.json["settings"]["prompt"], "a red cat");
  Json wrong = request;
  wrong["axes"][0]["field"] = "no_such_field";
  EXPECT_EQ(client().post("/api/images/plot", wrong).status, 400);
}

TEST_F(ImageJobsTest, ACellThatCannotBeMadeLeavesItsPlaceEmpty) {
  Json request{{"settings", {{"model", "painter"}, {"seed", 9}}},
               {"axes", {{{"field", "width"}, {"values", {64, 128}}}}}};
  request["axes"][0]["values"].push_back(63);
  EXPECT_EQ(client().post("/api/images/plot", request).status, 400) << "known before it starts";
}

}  // namespace
}  // namespace diptych::host
