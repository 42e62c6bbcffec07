// The host with a real pipeline: generates, previews, cancels, restarts, and predicts the memory that it takes.
#include <httplib.h>

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>

#include "engine/diffusion/recipe/recipe_reader.h"
#include "engine/io/images/image.h"
#include "tests/app/program.h"

namespace diptych::app {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

class Images : public ProgramTest {
 protected:
  Images() {
    setenv("DIPTYCH_MODELS", (home_ / "models").c_str(), 1);
    fs::create_directories(home_ / "models");
    for (const char* name : {"pipeline_sd15", "pipeline_dit"}) {
      fs::copy(fs::path(DIPTYCH_SOURCE_DIR) / "tests/golden/cases" / name / "model", home_ / "models" / name,
               fs::copy_options::recursive);
    }
    start();
  }
  void start() {
    program_.reset();
    program_ = std::make_unique<Program>(home_, std::vector<std::string>{"serve", "--threads", "1"});
    http_ = std::make_unique<httplib::Client>("127.0.0.1", port_of(program_->line()));
    http_->set_read_timeout(120);
    std::ifstream file(home_ / "run" / "host.token");
    std::string token;
    file >> token;
    headers_ = {{"Authorization", "Bearer " + token}};
  }
  std::string raw(const std::string& path) {
    const auto result = http_->Get(path, headers_);
    return result ? result->body : "";
  }
  json get(const std::string& path) { return json::parse(raw(path)); }
  json post(const std::string& path, const json& body, int status) {
    const auto result = http_->Post(path, headers_, body.dump(), "application/json");
    if (!result) throw std::runtime_error("no answer");
    EXPECT_EQ(result->status, status) << result->body;
    return json::parse(result->body);
  }
  // Starts a job and waits for its end.
  json make(const json& settings) {
    const std::string job = post("/api/images", settings, 202)["job"];
    raw("/api/jobs/" + job + "/events");
    const json ended = get("/api/jobs/" + job);
    EXPECT_EQ(ended["state"], "done") << ended["error"];
    return get("/api/images?job=" + job)["images"];
  }

  std::unique_ptr<Program> program_;
  std::unique_ptr<httplib::Client> http_;
  httplib::Headers headers_;
};

TEST_F(Images, TheSameSettingsMakeTheSamePictureAsTheCommand) {
  const json made = make({{"model", "pipeline_sd15"},
                          {"prompt", "a (red:1.2) fox"},
                          {"negative", "blurry"},
                          {"steps", 3},
                          {"seed", 5},
                          {"sampler", "dpmpp_2m"},
                          {"schedule", "karras"},
                          {"width", 32},
                          {"height", 24},
                          {"batch", 2}});
  ASSERT_EQ(made.size(), 2u);
  const std::string out = (home_ / "fox.png").string();
  Program command(home_, {"generate",   (home_ / "models/pipeline_sd15").string(),
                          "-p",         "a (red:1.2) fox",
                          "--negative", "blurry",
                          "--steps",    "3",
                          "--seed",     "6",
                          "--sampler",  "dpmpp_2m",
                          "--schedule", "karras",
                          "--width",    "32",
                          "--height",   "24",
                          "-o",         out});
  EXPECT_EQ(command.wait(), 0) << command.errors();
  const ImageFile of_host = read_image(made[0]["path"].get<std::string>());  // latest first: seed 6
  EXPECT_EQ(of_host.image, read_image(out).image);
  EXPECT_EQ(diffusion::restore_recipe(of_host.texts)->recipe.seed, 6u);
  const json metrics = made[0]["metrics"];
  EXPECT_EQ(metrics["peak_memory_bytes"], metrics["predicted_memory_bytes"]);
  EXPECT_GT(metrics["gflop_s"], 0.0);
  // What its settings say makes it again.
  const json again = make(made[0]["settings"]);
  EXPECT_EQ(read_image(again[0]["path"].get<std::string>()).image, of_host.image);
}

TEST_F(Images, ARefinerMakesTheLastStepsAsWithTheCommand) {
  const fs::path cases = fs::path(DIPTYCH_SOURCE_DIR) / "tests/golden/cases", models = home_ / "models";
  for (const char* name : {"pipeline_sdxl", "pipeline_sdxl_refiner"}) {
    fs::copy(cases / name / "model", models / name, fs::copy_options::recursive);
  }
  const json settings{
      {"model", "pipeline_sdxl"}, {"prompt", "a fox"}, {"steps", 6}, {"seed", 5}, {"width", 32}, {"height", 16}};
  json refined = settings;
  refined["refiner"] = {{"model", "pipeline_sdxl_refiner"}, {"switch_at", 0.6}};
  const json made = make(refined)[0];
  EXPECT_EQ(made["metrics"]["peak_memory_bytes"], made["metrics"]["predicted_memory_bytes"]);
  const Image8 picture = read_image(made["path"].get<std::string>()).image;
  EXPECT_NE(picture, read_image(make(settings)[0]["path"].get<std::string>()).image);
  const int64_t both = post("/api/images/estimate", refined, 200)["memory_bytes"];
  EXPECT_GT(both, post("/api/images/estimate", settings, 200)["memory_bytes"].get<int64_t>());
  refined["low_memory"] = true;
  const json saved = make(refined)[0];
  EXPECT_EQ(read_image(saved["path"].get<std::string>()).image, picture);
  EXPECT_EQ(saved["metrics"]["peak_memory_bytes"], saved["metrics"]["predicted_memory_bytes"]);
  const auto command = [&](std::vector<std::string> more) {
    const std::string out = (home_ / "refined.png").string();
    std::vector<std::string> words{"generate", (models / "pipeline_sdxl").string(),
                                   "-p",       "a fox",
                                   "--steps",  "6",
                                   "--seed",   "5",
                                   "--width",  "32",
                                   "--height", "16",
                                   "-o",       out};
    words.insert(words.end(), more.begin(), more.end());
    words.insert(words.end(), {"--refiner", (models / "pipeline_sdxl_refiner").string(), "--refiner-switch", "0.6"});
    Program program(home_, words);
    EXPECT_EQ(program.wait(), 0) << program.errors();
    return read_image(out);
  };
  const ImageFile of_command = command({});
  EXPECT_EQ(of_command.image, picture);
  const diffusion::Recipe recipe = diffusion::restore_recipe(of_command.texts)->recipe;
  EXPECT_EQ(recipe.refiner->model.name, "pipeline_sdxl_refiner");
  EXPECT_EQ(recipe.refiner->switch_at, 0.6);
  EXPECT_EQ(command({"--low-memory"}).image, picture);
}

TEST_F(Images, EstimatesAreQuickAndSayWhatTheyKnow) {
  const json settings{{"model", "pipeline_sd15"}, {"prompt", "a fox, running"}, {"steps", 4}};
  post("/api/images/estimate", settings, 200);
  const auto begin = std::chrono::steady_clock::now();
  const json estimate = post("/api/images/estimate", settings, 200);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(1500));  // 150 on a quiet machine
  EXPECT_EQ(estimate["fits"], true);
  EXPECT_EQ(estimate["tokens"][0]["tokens"], estimate["tokens"][0]["tokens"]);
  EXPECT_GT(estimate["tokens"][0]["tokens"], 3);
  make(settings);
  EXPECT_EQ(post("/api/images/estimate", settings, 200)["seconds"]["known"], "modelled");
  const json info = get("/api/images/models/pipeline_sd15");
  EXPECT_EQ(info["family"], "stable_diffusion");
  EXPECT_GT(info["samplers"].size(), 10u);
  EXPECT_EQ(info["encoders"][0]["window"], 75);
}

TEST_F(Images, MasksKeepWhatIsOutsideAndClassesAreAModelOfTheirOwn) {
  Image8 half{32, 32, 3, std::vector<uint8_t>(32 * 32 * 3)};
  for (size_t i = half.pixels.size() / 2; i < half.pixels.size(); ++i) half.pixels[i] = 255;
  const Image8 grey{32, 32, 3, std::vector<uint8_t>(32 * 32 * 3, 90)};
  const auto upload = [&](const Image8& image) {
    const auto sent = http_->Post("/api/images/uploads", headers_, encode_image(image, ImageFormat::png), "image/png");
    return json::parse(sent->body)["id"].get<std::string>();
  };
  const json painted = make({{"model", "pipeline_sd15"},
                             {"prompt", "x"},
                             {"steps", 4},
                             {"width", 32},
                             {"height", 32},
                             {"init", {{"image", upload(grey)}, {"mask", upload(half)}, {"mask_blur", 0}}}});
  const Image8 result = read_image(painted[0]["path"].get<std::string>()).image;
  for (size_t i = 0; i < result.pixels.size() / 2; ++i) ASSERT_EQ(result.pixels[i], 90);
  const json classes = make({{"model", "pipeline_dit"}, {"classes", {1, 2}}, {"batch", 2}, {"steps", 2}});
  EXPECT_EQ(classes[0]["settings"]["classes"], json::array({2}));
  post("/api/images", {{"model", "pipeline_dit"}, {"classes", {1, 2}}}, 400);
}

TEST_F(Images, EverythingThatSteersARunIsPartOfItAndOfItsEstimate) {
  const fs::path cases = fs::path(DIPTYCH_SOURCE_DIR) / "tests/golden/cases", models = home_ / "models";
  for (const char* folder : {"loras", "controlnet", "upscale_models", "ipadapter", "clip_vision"})
    fs::create_directories(models / folder);
  fs::copy(cases / "lora_sd15_kohya/lora.safetensors", models / "loras/ink.safetensors");
  fs::copy(cases / "controlnet_sd15/model", models / "controlnet/edges", fs::copy_options::recursive);
  fs::copy(cases / "upscaler_rrdb_x4/model/model.safetensors", models / "upscale_models/large.safetensors");
  fs::copy(cases / "ip_adapter_sd15/ip-adapter.safetensors", models / "ipadapter/whole.safetensors");
  fs::copy(cases / "ip_adapter_plus_f16/ip-adapter.safetensors", models / "ipadapter/plus.safetensors");
  fs::copy(cases / "image_encoder_clip/model", models / "clip_vision/ViT", fs::copy_options::recursive);
  const auto sent =
      http_->Post("/api/images/uploads", headers_,
                  encode_image({32, 32, 3, std::vector<uint8_t>(32 * 32 * 3, 200)}, ImageFormat::png), "image/png");
  const std::string picture = json::parse(sent->body)["id"];
  const json plain{
      {"model", "pipeline_sd15"}, {"prompt", "x"}, {"steps", 3}, {"seed", 3}, {"width", 32}, {"height", 32}};
  const auto pixels = [&](const json& change, int64_t width = 32) {
    json settings = plain;
    settings.merge_patch(change);
    const json made = make(settings)[0];
    EXPECT_EQ(made["metrics"]["peak_memory_bytes"], made["metrics"]["predicted_memory_bytes"]) << change;
    const Image8 image = read_image(made["path"].get<std::string>()).image;
    EXPECT_EQ(image.width, width);
    return image.pixels;
  };
  const auto usual = pixels(json::object());
  EXPECT_NE(pixels({{"adapters", {{{"file", "ink"}, {"scale", 1}}}}}), usual);
  EXPECT_EQ(pixels({{"adapters", {{{"file", "ink"}, {"scale", 0}}}}}), usual);
  EXPECT_NE(pixels({{"prompt", "x <lora:ink:1>"}}), usual);
  EXPECT_EQ(pixels(json::object()), usual) << "the model is as it was";
  const auto led = pixels({{"controls", {{{"model", "edges"}, {"image", picture}}}}});
  EXPECT_NE(led, usual);
  EXPECT_NE(pixels({{"controls", {{{"model", "edges"}, {"image", picture}, {"guess", true}}}}}), led);
  const json whole{{"adapter", "whole"}, {"image", picture}, {"scale", 0.8}};
  const auto resembling = pixels({{"image_prompts", {whole}}});
  EXPECT_NE(resembling, usual);
  const json plus{{"adapter", "plus"}, {"image", picture}, {"encoder", "ViT"}};
  EXPECT_NE(pixels({{"image_prompts", {whole, plus}}}), resembling);
  EXPECT_EQ(pixels({{"image_prompts", {{{"adapter", "plus"}, {"image", picture}, {"scale", 0}}}}}), usual);
  EXPECT_NE(pixels({{"variation", {{"seed", 9}, {"strength", 0.5}}}}), usual);
  const auto perturbed = pixels({{"pag_scale", 3}});
  EXPECT_NE(perturbed, usual);
  const json blocks = get("/api/images/models/pipeline_sd15")["pag_layers"];
  ASSERT_GE(blocks.size(), 2u) << blocks;
  std::vector<std::string> titles;
  for (const json& block : blocks) titles.push_back(block["title"]);
  EXPECT_NE(std::find(titles.begin(), titles.end(), "Middle"), titles.end()) << blocks;
  for (const json& block : blocks) {
    const auto so = pixels({{"pag_scale", 3}, {"pag_layers", {block["name"]}}});
    EXPECT_EQ(so == perturbed, block["title"] == "Middle") << block;  // which is the usual one
  }
  EXPECT_EQ(pixels({{"tiled_vae", true}}), usual);
  EXPECT_EQ(pixels({{"low_memory", true}}), usual);
  pixels({{"hires", {{"scale", 2}}}}, 64);
  pixels({{"hires", {{"scale", 2}, {"upscaler", "large"}}}}, 64);
  pixels({{"init", {{"image", picture}, {"outpaint", {{"right", 16}}}}}}, 48);
  const auto enlarged = [&](const json& upscale, double strength, int64_t width) {
    return pixels({{"init", {{"image", picture}, {"strength", strength}}}, {"upscale", upscale}}, width);
  };
  const auto refined = enlarged({{"scale", 2}, {"tile", 32}, {"overlap", 8}}, 0.7, 64);
  EXPECT_NE(refined, enlarged({{"scale", 2}}, 0, 64));
  EXPECT_NE(refined, enlarged({{"scale", 2}, {"tile", 32}, {"overlap", 8}, {"upscaler", "large"}}, 0.7, 64));
  EXPECT_NE(refined, enlarged({{"scale", 2}, {"tile", 32}, {"overlap", 8}, {"upscaler", "latent"}}, 0.7, 64));
  enlarged({{"scale", 1.5}, {"upscaler", "large"}}, 0, 48);
  pixels({{"init", {{"image", picture}, {"mask", picture}, {"full_resolution", true}}}});
}

TEST_F(Images, AnUpscaleTellsItsTilesAndStops) {
  fs::create_directories(home_ / "models/upscale_models");
  fs::copy(fs::path(DIPTYCH_SOURCE_DIR) / "tests/golden/cases/upscaler_rrdb_x4/model/model.safetensors",
           home_ / "models/upscale_models/large.safetensors");
  const auto upload = [&](int64_t side) {
    const Image8 grey{side, side, 3, std::vector<uint8_t>(static_cast<size_t>(side * side * 3), 90)};
    const auto sent = http_->Post("/api/images/uploads", headers_, encode_image(grey, ImageFormat::png), "image/png");
    return json::parse(sent->body)["id"].get<std::string>();
  };
  const json alone{{"init", {{"image", upload(300)}, {"strength", 0}}},
                   {"upscale", {{"scale", 2}, {"upscaler", "large"}}}};
  const std::string job = post("/api/images", alone, 202)["job"];
  const std::string events = raw("/api/jobs/" + job + "/events");
  EXPECT_NE(events.find(R"("phase":"enlarging")"), std::string::npos) << events;
  const json image = get("/api/images?job=" + job)["images"][0];
  EXPECT_EQ(image["width"], 600);
  EXPECT_EQ(image["metrics"]["peak_memory_bytes"], image["metrics"]["predicted_memory_bytes"]);
  const json estimate = post("/api/images/estimate", alone, 200);
  EXPECT_EQ(estimate["seconds"]["known"], "modelled") << "its network's speed is known now";
  EXPECT_EQ(estimate["seconds_per_step"]["value"], nullptr);
  const json endless{{"model", "pipeline_sd15"},
                     {"steps", 500},
                     {"init", {{"image", upload(64)}, {"strength", 1}}},
                     {"upscale", {{"scale", 8}, {"tile", 32}}}};
  const std::string cancelled = post("/api/images", endless, 202)["job"];
  while (get("/api/jobs/" + cancelled)["progress"] == 0) usleep(10000);
  http_->Post("/api/jobs/" + cancelled + "/cancel", headers_, "{}", "application/json");
  raw("/api/jobs/" + cancelled + "/events");
  EXPECT_EQ(get("/api/jobs/" + cancelled)["state"], "cancelled");
}

TEST_F(Images, CancelledAndKilledJobsKeepTheirPictures) {
  const json long_run{{"model", "pipeline_sd15"}, {"prompt", "x"}, {"steps", 500}, {"count", 1000}, {"seed", 1}};
  const std::string cancelled = post("/api/images", long_run, 202)["job"];
  while (get("/api/jobs/" + cancelled)["progress"] == 0) usleep(10000);
  EXPECT_EQ(raw("/api/jobs/" + cancelled + "/preview").substr(1, 3), "PNG");
  http_->Post("/api/jobs/" + cancelled + "/cancel", headers_, "{}", "application/json");
  raw("/api/jobs/" + cancelled + "/events");
  EXPECT_EQ(get("/api/jobs/" + cancelled)["state"], "cancelled");
  const std::string killed = post("/api/images", long_run, 202)["job"];
  const std::string waiting =
      post("/api/images", {{"model", "pipeline_sd15"}, {"prompt", "y"}, {"steps", 2}}, 202)["job"];
  program_->signal(SIGKILL);
  program_->wait();
  start();
  raw("/api/jobs/" + waiting + "/events");
  EXPECT_EQ(get("/api/jobs/" + waiting)["state"], "done");
  const std::string state = get("/api/jobs/" + killed)["state"];
  EXPECT_TRUE(state == "interrupted") << state;
}

}  // namespace
}  // namespace diptych::app
