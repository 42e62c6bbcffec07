// Training an image model in the host: pictures judged, samples beside the base, the adapter used in pictures.
#include "engine/host/images/engine_image_loader.h"
#include "engine/io/images/image.h"
#include "tests/engine/host/training/training_host_testing.h"
#include "tests/engine/train/data/picture_testing.h"

namespace diptych::host {
namespace {

namespace fs = std::filesystem;

class TrainingImageTest : public TrainingHostTest {
 protected:
  TrainingImageTest() {
    fs::create_directories(folder() / "pictures");
    for (uint64_t i = 0; i < 8; ++i) {
      train::draw_to(folder() / "pictures" / (std::to_string(i) + ".png"), 64, 64, i);
      std::ofstream(folder() / "pictures" / (std::to_string(i) + ".txt")) << "a fox, number " << i;
    }
    HostOptions options = training_options();
    options.image_loader = std::make_shared<EngineImageLoader>(whole_registry(), nullptr, 2);
    start(std::move(options));
  }
  static std::string base() { return std::string(DIPTYCH_SOURCE_DIR) + "/tests/golden/cases/pipeline_sd15/model"; }
  Image8 made_by(const std::string& job_id) {
    const api::Json job = wait_for_job(job_id);
    EXPECT_EQ(job["state"], "done") << job;
    const api::Json images = client().get("/api/images?job=" + job_id).json["images"];
    return read_image(images.at(0)["path"].get<std::string>()).image;
  }
  Image8 drawn(const std::string& prompt, int seed) {
    const Reply begun = client().post(
        "/api/images",
        {{"model", base()}, {"prompt", prompt}, {"seed", seed}, {"width", 32}, {"height", 32}, {"steps", 4}});
    EXPECT_EQ(begun.status, 202) << begun.text;
    return made_by(begun.json["job"]);
  }
  api::Json image_recipe(const api::Json& more = api::Json::object()) const {
    api::Json recipe{{"base", base()},
                     {"data", (folder() / "pictures").string()},
                     {"steps", 20},
                     {"rank", 4},
                     {"checkpoint_every", 10},
                     {"learning_rate", 0.05},
                     {"image", {{"resolution", 32}, {"bucket_step", 8}, {"bucket_min", 16}}}};
    recipe.merge_patch(more);
    return recipe;
  }
};

TEST_F(TrainingImageTest, DataAreJudged) {
  fs::copy_file(folder() / "pictures/0.png", folder() / "pictures/copy.png");
  std::ofstream(folder() / "pictures/broken.png") << "no picture";
  const Reply reply = client().post("/api/training/data", {{"recipe", image_recipe({{"validation", 0.2}})}});
  ASSERT_EQ(reply.status, 200) << reply.text;
  const api::Json& report = reply.json;
  EXPECT_EQ(report["kind"], "image");
  EXPECT_EQ(report["usable"], true) << report["error"];
  EXPECT_EQ(report["records"], 9);
  EXPECT_EQ(report["examples"].get<int>() + report["held_out"].get<int>(), 9);
  EXPECT_EQ(report["uncaptioned"], 1);
  EXPECT_EQ(report["rejected_count"], 1);
  EXPECT_GE(report["duplicates"], 1);
  EXPECT_EQ(report["pictures"].size(), 9u);
  EXPECT_EQ(report["pictures"][0]["width"], 64);
  EXPECT_EQ(report["pictures"][0]["bucket_width"], 32);
  EXPECT_FALSE(report["buckets"].empty());
}

TEST_F(TrainingImageTest, GoalsArePlanned) {
  const Reply reply = client().post("/api/training/presets",
                                    {{"recipe", {{"base", base()}, {"data", (folder() / "pictures").string()}}}});
  ASSERT_EQ(reply.status, 200) << reply.text;
  ASSERT_EQ(reply.json["presets"].size(), 3u);
  EXPECT_EQ(reply.json["presets"][0]["name"], "style");
  const api::Json word = reply.json["presets"][2];
  EXPECT_EQ(word["name"], "word");
  EXPECT_EQ(word["recipe"]["method"], "textual_inversion");
  EXPECT_EQ(word["recipe"]["token"], "<pictures>");  // as their folder is called
  EXPECT_EQ(word["recipe"]["image"]["caption_prefix"], "a photo of <pictures>,");
  for (const api::Json& preset : reply.json["presets"]) {
    const Reply plan = client().post("/api/training/plan", {{"recipe", preset["recipe"]}, {"alternatives", false}});
    ASSERT_EQ(plan.status, 200) << plan.text;
    EXPECT_GT(plan.json["memory_bytes"], 0);
    EXPECT_EQ(plan.json["kind"], "image");
  }
}

TEST_F(TrainingImageTest, AnAdapterIsLearntAndUsed) {
  const api::Json begun = begin(image_recipe({{"sample_prompts", {"a fox"}}, {"sample_every", 10}}), "Fox");
  const auto events = events_of(begun);
  const api::Json run = this->run(begun["id"]);
  ASSERT_EQ(run["state"], "finished") << run["error"];
  EXPECT_NEAR(run["memory_bytes"].get<double>(), run["predicted_memory_bytes"].get<double>(),
              0.03 * run["predicted_memory_bytes"].get<double>());
  const std::string path = "/api/training/runs/" + run["id"].get<std::string>();
  const api::Json samples = client().get(path + "/samples").json["samples"];
  ASSERT_EQ(samples.size(), 3u);
  const auto picture = [&](const api::Json& name) {
    const Reply reply = client().get(path + "/samples/" + name.get<std::string>());
    EXPECT_EQ(reply.status, 200);
    return parse_image(std::as_bytes(std::span(reply.text)), "sample").image;
  };
  EXPECT_EQ(samples[2]["baseline_image"], samples[0]["image"]);
  EXPECT_NE(picture(samples[2]["image"]), picture(samples[2]["baseline_image"]));
  EXPECT_EQ(client().get(path + "/samples/..%2Frecipe.json").status, 404);

  const Reply started =
      client().post(path + "/compare",
                    {{"prompt", "a fox"}, {"seed", 3}, {"settings", {{"width", 32}, {"height", 32}, {"steps", 4}}}});
  ASSERT_EQ(started.status, 202) << started.text;
  std::vector<Image8> made;
  for (const char* which : {"base_job", "tuned_job"}) {
    const api::Json job = wait_for_job(started.json[which]);
    ASSERT_EQ(job["state"], "done") << job;
    const api::Json images = client().get("/api/images?job=" + job["id"].get<std::string>()).json["images"];
    ASSERT_EQ(images.size(), 1u);
    made.push_back(read_image(images[0]["path"].get<std::string>()).image);
  }
  EXPECT_NE(made[0], made[1]);

  fs::create_directories(folder() / "out");
  for (const std::string format : {"kohya", "diffusers", "peft", "merged"}) {
    fs::create_directories(folder() / "out" / format);
    const Reply exporting =
        client().post(path + "/export", {{"format", format}, {"folder", (folder() / "out" / format).string()}});
    ASSERT_EQ(exporting.status, 202) << exporting.text;
    const api::Json job = wait_for_job(exporting.json["job"]);
    ASSERT_EQ(job["state"], "done") << job;
    if (format != "merged") continue;
    EXPECT_TRUE(fs::is_regular_file(job["result"]["path"].get<std::string>() + "/model_index.json"));
  }

  // Merged, the model draws by itself what the base draws with the adapter.
  const Reply exporting =
      client().post(path + "/export", {{"format", "merged"}, {"folder", (folder() / "out").string()}});
  ASSERT_EQ(exporting.status, 202) << exporting.text;
  const api::Json job = wait_for_job(exporting.json["job"]);
  ASSERT_EQ(job["state"], "done") << job;
  const std::string merged = job["result"]["path"];
  EXPECT_TRUE(fs::is_regular_file(fs::path(merged) / "model_index.json"));
  const auto drawn = [&](const api::Json& settings) {
    const Reply begun_picture = client().post("/api/images", settings);
    EXPECT_EQ(begun_picture.status, 202) << begun_picture.text;
    const api::Json drawing = wait_for_job(begun_picture.json["job"]);
    EXPECT_EQ(drawing["state"], "done") << drawing;
    const api::Json images = client().get("/api/images?job=" + drawing["id"].get<std::string>()).json["images"];
    return read_image(images[0]["path"].get<std::string>()).image;
  };
  const Image8 by_itself =
      drawn({{"model", merged}, {"prompt", "a fox"}, {"seed", 3}, {"width", 32}, {"height", 32}, {"steps", 4}});
  ASSERT_EQ(by_itself.pixels.size(), made[1].pixels.size());
  int furthest = 0;
  for (size_t i = 0; i < made[1].pixels.size(); ++i)
    furthest = std::max(furthest, std::abs(int{by_itself.pixels[i]} - int{made[1].pixels[i]}));
  EXPECT_LE(furthest, 1);
}

TEST_F(TrainingImageTest, AWordIsLearntAndExported) {
  const api::Json bases = client().get("/api/training/bases").json["bases"];
  for (const api::Json& one : bases) {
    if (one["kind"] == "image" && one["trainable"] == true) {
      EXPECT_TRUE(one.contains("text_encoders")) << one;
    }
  }
  const api::Json run = finished(begin(image_recipe({{"method", "textual_inversion"},
                                                     {"token", "<fox>"},
                                                     {"token_vectors", 2},
                                                     {"image", {{"caption_prefix", "<fox>"}}}}),
                                       "Word"));
  ASSERT_EQ(run["state"], "finished") << run["error"];
  const api::Json result = run["results"][0];
  EXPECT_EQ(result["is_embedding"], true);
  EXPECT_EQ(result["is_adapter"], false);
  EXPECT_EQ(result["token"], "<fox>");
  EXPECT_EQ(fs::path(result["path"].get<std::string>()).filename(), "fox.safetensors");
  const std::string path = "/api/training/runs/" + run["id"].get<std::string>();
  const Reply unnamed = client().post(path + "/compare", {{"prompt", "a fox"}});
  EXPECT_GE(unnamed.status, 400);
  EXPECT_NE(unnamed.text.find("does not name <fox>"), std::string::npos) << unnamed.text;
  for (const std::string format : {"kohya", "diffusers", "merged"}) {
    fs::create_directories(folder() / "out" / format);
    const Reply exporting =
        client().post(path + "/export", {{"format", format}, {"folder", (folder() / "out" / format).string()}});
    ASSERT_EQ(exporting.status, 202) << exporting.text;
    EXPECT_EQ(wait_for_job(exporting.json["job"])["state"], format == "merged" ? "failed" : "done") << format;
  }
  EXPECT_TRUE(fs::is_regular_file(folder() / "out/kohya/fox.safetensors"));  // whose name is the word
}

TEST_F(TrainingImageTest, AWordIsComparedKeptAndUsed) {
  const api::Json run = finished(begin(image_recipe({{"method", "textual_inversion"},
                                                     {"token", "<fox>"},
                                                     {"token_start", "fox"},
                                                     {"image", {{"caption_prefix", "<fox>"}}}}),
                                       "Word"));
  ASSERT_EQ(run["state"], "finished") << run["error"];
  const std::string path = "/api/training/runs/" + run["id"].get<std::string>();
  const api::Json small{{"width", 32}, {"height", 32}, {"steps", 4}};
  const Reply started =
      client().post(path + "/compare", {{"prompt", "a <fox> here"}, {"seed", 3}, {"settings", small}});
  ASSERT_EQ(started.status, 202) << started.text;
  const Image8 before = made_by(started.json["base_job"]), after = made_by(started.json["tuned_job"]);
  EXPECT_NE(before, after);
  // The base read what the word began as.
  EXPECT_EQ(drawn("a fox here", 3), before);

  const Reply kept = client().post(path + "/keep", api::Json::object());
  ASSERT_EQ(kept.status, 200) << kept.text;
  EXPECT_EQ(kept.json["word"], "<fox>");
  EXPECT_EQ(drawn("a <fox> here", 3), after);
  // Once more it is there already; another one of this name gets a name of its own.
  EXPECT_EQ(client().post(path + "/keep", api::Json::object()).json, kept.json);
  std::ofstream(kept.json["path"].get<std::string>(), std::ios::app) << " ";
  const Reply second = client().post(path + "/keep", api::Json::object());
  EXPECT_EQ(second.json["word"], "<fox-2>") << second.text;
}

TEST_F(TrainingImageTest, AWordIsJudgedBeforeItIsLearnt) {
  const auto report = [&](const api::Json& more) {
    api::Json recipe = image_recipe({{"method", "textual_inversion"}, {"token", "<fox>"}});
    recipe.merge_patch(more);
    const Reply reply = client().post("/api/training/word", {{"recipe", recipe}});
    EXPECT_EQ(reply.status, 200) << reply.text;
    return reply.json;
  };
  const api::Json good = report({{"image", {{"caption_prefix", "a photo of <fox>,"}}}});
  EXPECT_TRUE(good["error"].is_null()) << good;
  EXPECT_GE(good["start_tokens"], 1);
  EXPECT_EQ(good["captions"], 8);
  EXPECT_EQ(good["named"], 8);
  EXPECT_EQ(report(api::Json::object())["named"], 0);  // "a fox" is not "<fox>"
  std::ofstream(folder() / "pictures/0.txt") << "a <Fox> asleep";
  EXPECT_EQ(report(api::Json::object())["named"], 1);
  const auto why = [&](const std::string& word) { return report({{"token", word}})["error"].value("why", ""); };
  EXPECT_EQ(why("two words"), "it is no word");
  EXPECT_EQ(why("a(b)"), "in prompts ( has a meaning of its own");
  EXPECT_EQ(why("a"), "the text encoder knows it already");
}

}  // namespace
}  // namespace diptych::host
