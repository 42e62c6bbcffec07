// diptych models: folders of other programs, their models by name in every command, and hashes.
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "engine/io/files/sha256.h"
#include "engine/io/images/image.h"
#include "tests/app/program.h"
#include "tests/app/small_model.h"

namespace diptych::app {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

class Models : public ProgramTest {
 protected:
  Models() {
    setenv("DIPTYCH_MODELS", (home_ / "models").c_str(), 1);
    fs::create_directories(home_ / "models");
  }
  ~Models() override { unsetenv("DIPTYCH_MODELS"); }
  fs::path comfy() const { return home_ / "ComfyUI/models"; }
  static void copy_case(const std::string& name, const fs::path& to) {
    fs::create_directories(to.parent_path());
    fs::copy(fs::path(DIPTYCH_SOURCE_DIR) / "tests/golden/cases" / name, to, fs::copy_options::recursive);
  }
  std::string run(const std::vector<std::string>& arguments) {
    Program program(home_, arguments);
    EXPECT_EQ(program.wait(), 0) << program.errors();
    return program.rest_of_output();
  }
  void expect_refused(const std::vector<std::string>& arguments, int status, const std::vector<std::string>& words) {
    Program program(home_, arguments);
    EXPECT_EQ(program.wait(), status) << program.errors();
    expect_one_line(program, words);
  }
  void make_comfy() const {
    copy_case("pipeline_sd15/model", comfy() / "diffusers/painter");
    copy_case("lora_sd15_kohya/lora.safetensors", comfy() / "loras/style/ink.safetensors");
    copy_case("vae_kl_4ch/model", comfy() / "vae/sharp");
    copy_case("controlnet_sd15/model", comfy() / "controlnet/edges");
    copy_case("upscaler_rrdb_x4/model/model.safetensors", comfy() / "upscale_models/large.safetensors");
    fs::create_directories(comfy() / "checkpoints");
    std::ofstream(comfy() / "checkpoints/old.ckpt") << "PK\3\4 and so on";
  }
};

TEST_F(Models, FoldersOfOtherProgramsAreIndexed) {
  make_comfy();
  write_small_model(home_ / "models/small.gguf");
  const json report = json::parse(run({"models", "index", (home_ / "ComfyUI").string(), "--json"}));
  const json& folder = report["folders"][1];
  EXPECT_EQ(folder["folder"], (home_ / "ComfyUI").string());
  EXPECT_EQ(folder["layout"], "ComfyUI");
  EXPECT_EQ(folder["models"], (json{{"image", 1}, {"vae", 1}, {"adapter", 1}, {"control", 1}, {"upscaler", 1}}));
  ASSERT_EQ(folder["refused"].size(), 1u);
  EXPECT_EQ(folder["refused"][0]["name"], "old.ckpt");
  EXPECT_NE(folder["refused"][0]["to_do"].get<std::string>().find("safetensors"), std::string::npos);
  EXPECT_EQ(report["folders"][0]["models"], (json{{"text", 1}}));
  EXPECT_NE(run({"models", "index"}).find("1 adapter"), std::string::npos);
  std::set<std::string> listed;
  const json list = json::parse(run({"models", "list", "--json"}));
  for (const json& row : list["models"]) {
    listed.insert(row["kind"].get<std::string>() + " " + row["name"].get<std::string>());
    EXPECT_NE(row.contains("error"), row.contains("parameters")) << row;
  }
  for (const char* name : {"image painter", "adapter ink", "vae sharp", "control edges", "upscaler large",
                           "image old.ckpt", "text small"}) {
    EXPECT_TRUE(listed.contains(name)) << name << " in " << list;
  }
  EXPECT_EQ(json::parse(run({"models", "list", "--json", "--kind", "adapter"}))["models"].size(), 1u);
  expect_refused({"models", "list", "--kind", "cat"}, 2, {"cat"});
  const json shown = json::parse(run({"models", "show", "ink"}));
  EXPECT_EQ(shown["kind"], "adapter");
  EXPECT_EQ(shown["origin"], "ComfyUI");
  EXPECT_EQ(shown["sha256"], sha256_file(comfy() / "loras/style/ink.safetensors"));
  EXPECT_EQ(json::parse(run({"models", "show", "painter"}))["parts"].size(), 3u);
  run({"models", "index", "--remove", (home_ / "ComfyUI").string()});
  expect_refused({"models", "show", "ink"}, 1, {"ink"});
}

TEST_F(Models, AreMeantByTheirNamesInEveryOption) {
  make_comfy();
  run({"models", "index", (home_ / "ComfyUI").string()});
  write_image(home_ / "picture.png", {32, 32, 3, std::vector<uint8_t>(size_t{32} * 32 * 3, 90)}, {});
  const auto made = [&](const std::vector<std::string>& more) {
    std::vector<std::string> arguments{"generate", "painter", "-p",      "fox", "--steps",  "2",
                                       "--seed",   "1",       "--width", "32",  "--height", "32"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    arguments.insert(arguments.end(), {"-o", (home_ / "out.png").string()});
    run(arguments);
    return read_image(home_ / "out.png").image.pixels;
  };
  const auto plain = made({});
  const auto by_path = [&](const char* option, const fs::path& path, const std::string& more = "") {
    return made({option, path.string() + more});
  };
  const auto lora = made({"--lora", "ink:2"}), vae = made({"--vae", "Sharp"}),
             control = made({"--control", "edges:" + (home_ / "picture.png").string()});
  EXPECT_EQ(lora, by_path("--lora", comfy() / "loras/style/ink.safetensors", ":2"));
  EXPECT_EQ(vae, by_path("--vae", comfy() / "vae/sharp"));
  EXPECT_EQ(control, by_path("--control", comfy() / "controlnet/edges", ":" + (home_ / "picture.png").string()));
  for (const auto& other : {lora, vae, control}) EXPECT_NE(other, plain);
  EXPECT_EQ(made({"--hires", "2:1:0.5:large"}).size(), size_t{64} * 64 * 3);
  // Two of one name are told apart, and the message says how.
  copy_case("lora_sd15_loha/lora.safetensors", comfy() / "loras/other/ink.safetensors");
  expect_refused({"generate", "painter", "-p", "fox", "--lora", "ink", "-o", (home_ / "x.png").string()}, 2,
                 {"other/ink", "style/ink"});
  EXPECT_EQ(made({"--lora", "style/ink:2"}), lora);
  expect_refused({"generate", "old", "-p", "fox", "-o", (home_ / "x.png").string()}, 1, {"old.ckpt", "pickle"});
  expect_refused({"generate", "painter", "-p", "fox", "--vae", "blunt", "-o", (home_ / "x.png").string()}, 1,
                 {"blunt", "sharp"});
}

TEST_F(Models, FilesOfHuggingFacesCacheAreCheckedByTheirNames) {
  const fs::path hub = home_ / "hub", repository = hub / "models--maker--words",
                 snapshot = repository / "snapshots/0123";
  const fs::path weights = repository / "blobs/weights";
  write_small_model(weights);
  const std::string hash = sha256_file(weights);
  fs::rename(weights, repository / "blobs" / hash);
  fs::create_directories(snapshot);
  fs::create_symlink(fs::path("../../blobs") / hash, snapshot / "words-F32.gguf");
  setenv("HF_HUB_CACHE", hub.c_str(), 1);
  EXPECT_NE(run({"models", "index", "--hf-cache"}).find("[Hugging Face]  1 text"), std::string::npos);
  unsetenv("HF_HUB_CACHE");
  EXPECT_EQ(json::parse(run({"models", "show", "words-F32"}))["sha256"], hash);
  EXPECT_EQ(json::parse(run({"models", "show", "maker/words/words-F32"}))["sha256"], hash);
  EXPECT_NE(run({"models", "verify", "words-F32"}).find("sha256 matches"), std::string::npos);
  {
    std::fstream file(repository / "blobs" / hash, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(-1, std::ios::end);
    file.put('\7');
  }
  expect_refused({"models", "verify", "words-F32"}, 1, {"verification failed", hash});
  EXPECT_NE(run({"tokenize", "words-F32", "--text", "x"}).find('['), std::string::npos);
}

}  // namespace
}  // namespace diptych::app
