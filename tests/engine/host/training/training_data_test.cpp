// Before a run: what can be trained, what its data are like, goals and plans.
#include <algorithm>
#include <cmath>

#include "engine/io/images/image.h"
#include "tests/engine/host/training/training_host_testing.h"

namespace diptych::host {
namespace {

using TrainingDataTest = TrainingHostTest;

TEST_F(TrainingDataTest, ListsWhatCanBeTrained) {
  std::ofstream(folder() / "models/broken.gguf") << "GGUF";
  const api::Json bases = client().get("/api/training/bases").json["bases"];
  ASSERT_EQ(bases.size(), 2u);
  for (const api::Json& base : bases) {
    const bool small = base["id"] == "small";
    EXPECT_EQ(base["trainable"], small);
    EXPECT_EQ(base["why_not"].get<std::string>().empty(), small);
    EXPECT_EQ(base["methods"], small ? (api::Json{"lora", "dora", "loha", "lokr", "full"}) : api::Json::array());
  }
}

TEST_F(TrainingDataTest, ShowsWhatIsLearntAndWhatIsNot) {
  {
    std::ofstream data(folder() / "data.jsonl", std::ios::app);
    data << api::Json{{"prompt", "say w1"}, {"completion", "w1 w1"}}.dump() << '\n';  // again
    data << "{\"prompt\": \"no answer\"}\n";
    data << api::Json{{"prompt", "long"}, {"completion", std::string(200, 'x')}}.dump() << '\n';
  }
  const Reply reply = client().post("/api/training/data", {{"recipe", recipe()}, {"limit", 3}});
  ASSERT_EQ(reply.status, 200) << reply.text;
  const api::Json& report = reply.json;
  EXPECT_EQ(report["usable"], true);
  EXPECT_EQ(report["kind"], "text");
  EXPECT_EQ(report["examples"], 42);
  EXPECT_EQ(report["duplicates"], 1);
  EXPECT_EQ(report["rejected_count"], 1);
  EXPECT_EQ(report["rejected"][0]["place"], "line 42");
  EXPECT_FALSE(report["rejected"][0]["reason"].get<std::string>().empty());
  EXPECT_EQ(report["overlong"], 1);
  EXPECT_GT(report["longest"], 200);
  int64_t counted = 0;
  for (const api::Json& bin : report["lengths"]) counted += bin["count"].get<int64_t>();
  EXPECT_EQ(counted, 42);
  EXPECT_GT(report["steps_per_epoch"], 1);
  ASSERT_EQ(report["shown"].size(), 3u);
  const api::Json& first = report["shown"][0];
  std::string learnt, all;
  for (const api::Json& piece : first["pieces"]) {
    all += piece["text"].get<std::string>();
    if (piece["learnt"]) learnt += piece["text"].get<std::string>();
  }
  EXPECT_NE(learnt.find("w0 w0"), std::string::npos) << learnt;
  EXPECT_EQ(learnt.find("say"), std::string::npos) << learnt;
  EXPECT_NE(all.find("say w0"), std::string::npos) << all;
  const Reply later = client().post("/api/training/data", {{"recipe", recipe()}, {"limit", 3}, {"offset", 1}});
  EXPECT_EQ(later.json["shown"][0]["place"], report["shown"][1]["place"]);
}

TEST_F(TrainingDataTest, SaysWhyDataCannotBeUsed) {
  std::ofstream(folder() / "bad.jsonl") << "{\"prompt\": \"no answer\"}\nno json\n";
  const auto report = [&](const std::string& file) {
    const Reply reply =
        client().post("/api/training/data", {{"recipe", recipe({{"data", (folder() / file).string()}})}});
    EXPECT_EQ(reply.status, 200) << reply.text;
    return reply.json;
  };
  const api::Json bad = report("bad.jsonl");
  EXPECT_EQ(bad["usable"], false);
  EXPECT_EQ(bad["rejected_count"], 2);
  EXPECT_FALSE(bad["error"]["to_do"].get<std::string>().empty());
  const api::Json missing = report("missing.jsonl");
  EXPECT_EQ(missing["usable"], false);
  EXPECT_EQ(missing["error"]["category"], "not_found");
}

TEST_F(TrainingDataTest, GoalsAreRecipesThatRun) {
  const api::Json asked{{"base", "small"}, {"data", (folder() / "data.jsonl").string()}};
  const Reply reply = client().post("/api/training/presets", {{"recipe", asked}});
  ASSERT_EQ(reply.status, 200) << reply.text;
  ASSERT_EQ(reply.json["presets"].size(), 2u);
  for (const api::Json& preset : reply.json["presets"]) {
    EXPECT_FALSE(preset["explanation"].get<std::string>().empty());
    EXPECT_EQ(preset["recipe"]["sample_prompts"].size(), 3u);
    const Reply plan = client().post("/api/training/plan", {{"recipe", preset["recipe"]}, {"alternatives", false}});
    ASSERT_EQ(plan.status, 200) << plan.text;
    EXPECT_EQ(plan.json["fits"], true);
    EXPECT_GT(plan.json["memory_bytes"], 0);
    EXPECT_GT(plan.json["result_bytes"], 0);
    EXPECT_GT(plan.json["checkpoint_bytes"], plan.json["result_bytes"]);
    // No roofline was measured here, and nothing tells the machine's power: both are said, not guessed.
    EXPECT_TRUE(plan.json["seconds"]["value"].is_null());
    EXPECT_EQ(plan.json["seconds"]["known"], "unreadable");
  }
  api::Json recipe = reply.json["presets"][1]["recipe"];
  recipe["epochs"] = 0.1;
  EXPECT_EQ(finished(begin(recipe))["state"], "finished");
}

TEST_F(TrainingDataTest, TimeIsPredictedFromTheRooflineAndThenFromRuns) {
  HostOptions options = training_options();
  options.roofline = std::make_shared<MachineRoofline>(folder() / "roofline.json", "test", 2, [](int) {
    return Roofline{.bandwidth_gb_s = 10, .gflop_s = 50, .int8_gop_s = 100};
  });
  options.roofline->measure();
  start(std::move(options));
  client().put("/api/settings", {{"watts", 20}});
  const auto plan = [&] {
    return client().post("/api/training/plan", {{"recipe", recipe()}, {"alternatives", false}}).json;
  };
  const api::Json before = plan();
  EXPECT_EQ(before["seconds"]["known"], "estimated");
  EXPECT_GT(before["seconds"]["value"], 0);
  EXPECT_NEAR(before["seconds"]["value"].get<double>(), 40 * before["seconds_per_step"]["value"].get<double>(), 1e-9);
  EXPECT_NEAR(before["joules"]["value"].get<double>(), 20 * before["seconds"]["value"].get<double>(), 1e-9);
  const api::Json run = finished(begin(recipe()));
  ASSERT_EQ(run["state"], "finished");
  ASSERT_TRUE(eventually([&] { return plan()["seconds"] != before["seconds"]; }));
  const api::Json after = plan();
  EXPECT_NE(after["seconds"]["source"], before["seconds"]["source"]);
  // Steps of a model of this size take less time than telling of them.
  std::vector<double> speeds;
  const api::Json metrics =
      client().get("/api/training/runs/" + run["id"].get<std::string>() + "/metrics").json["steps"];
  for (const api::Json& step : metrics) {
    speeds.push_back(step["tokens_per_s"]);
  }
  std::ranges::sort(speeds);
  const double measured = speeds[speeds.size() / 2], predicted = after["tokens_per_s"]["value"];
  EXPECT_GT(predicted, measured / 10);
  EXPECT_LT(predicted, measured * 10);
}

// A picture with edges, or a blurred one.
Image8 picture(int width, int height, bool sharp, int phase) {
  Image8 image{.width = width, .height = height, .channels = 3, .pixels = {}};
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      const bool on = ((x / 8 + phase) * 7 + (y / 8) * (5 + phase)) % 3 == 0;
      const auto soft = static_cast<uint8_t>(128 + 60 * std::sin((x + phase * 40) * 0.02) * std::cos(y * 0.03));
      for (int c = 0; c < 3; ++c) image.pixels.push_back(sharp ? (on ? 255 : 0) : soft);
    }
  }
  return image;
}

TEST_F(TrainingDataTest, PicturesAreJudgedAndTheirCaptionsEdited) {
  const std::filesystem::path pictures = folder() / "pictures";
  std::filesystem::create_directories(pictures);
  write_image(pictures / "a.png", picture(96, 64, true, 0));
  write_image(pictures / "b.png", picture(96, 64, true, 0));
  write_image(pictures / "c.png", picture(64, 64, false, 1));
  std::ofstream(pictures / "d.png") << "no picture";
  std::ofstream(pictures / "a.txt") << "a chess board";

  const std::string a = (pictures / "a.png").string(), c = (pictures / "c.png").string();
  const Reply edited = client().put("/api/training/captions", {{"file", a}, {"caption", "tiles"}});
  ASSERT_EQ(edited.status, 200) << edited.text;
  EXPECT_EQ(edited.json["before"], "a chess board");
  EXPECT_EQ(file_text(pictures / "a.txt"), "tiles");
  const Reply undone = client().put("/api/training/captions", {{"file", a}, {"caption", edited.json["before"]}});
  EXPECT_EQ(undone.json["before"], "tiles");
  EXPECT_EQ(file_text(pictures / "a.txt"), "a chess board");
  const Reply fresh = client().put("/api/training/captions", {{"file", c}, {"caption", "fog"}});
  EXPECT_TRUE(fresh.json["before"].is_null());
  EXPECT_EQ(client().put("/api/training/captions", {{"file", c}, {"caption", nullptr}}).status, 200);
  EXPECT_FALSE(std::filesystem::exists(pictures / "c.txt"));
  EXPECT_EQ(
      client().put("/api/training/captions", {{"file", (folder() / "data.jsonl").string()}, {"caption", "x"}}).status,
      400);
  EXPECT_EQ(client().put("/api/training/captions", {{"file", "/nowhere.png"}, {"caption", "x"}}).status, 404);

  const Reply thumbnail = client().get("/api/training/thumbnail?size=32&path=" + a);
  ASSERT_EQ(thumbnail.status, 200);
  const Image8 small = parse_image(std::as_bytes(std::span(thumbnail.text)), "thumbnail").image;
  EXPECT_EQ(small.width, 32);
  EXPECT_EQ(small.height, 21);
}

}  // namespace
}  // namespace diptych::host
