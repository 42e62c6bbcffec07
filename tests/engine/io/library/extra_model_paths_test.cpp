// ComfyUI's list of folders elsewhere, read as ComfyUI reads it.
#include "engine/io/library/extra_model_paths.h"

#include <cstdlib>

#include "engine/io/library/model_folders.h"
#include "engine/io/library/model_index.h"
#include "engine/io/library/model_layout.h"
#include "tests/engine/io/io_testing.h"

namespace diptych::testing {
namespace {

namespace fs = std::filesystem;

class ExtraModelPathsTest : public ::testing::Test {
 protected:
  ExtraModelPathsTest() { fs::create_directories(comfy() / "models/checkpoints"); }
  fs::path comfy() const { return folder_ / "ComfyUI"; }
  fs::path file() const { return comfy() / "extra_model_paths.yaml"; }
  std::vector<ExtraModelFolder> read(const std::string& text) {
    write_bytes(file(), text);
    return read_extra_model_paths(file());
  }
  // The error's reason.
  std::string why(const std::string& text) {
    const Error error = error_of([&] { read(text); });
    EXPECT_EQ(error.category(), ErrorCategory::invalid_file);
    return error.why();
  }

  TemporaryFolder folder_;
};

using Folders = std::vector<ExtraModelFolder>;

// The sections of ComfyUI's example file, with its comments and its texts of several lines.
TEST_F(ExtraModelPathsTest, FoldersOfOtherProgramsByKind) {
  const Folders folders = read(
      "#Rename this to extra_model_paths.yaml\n"
      "a111:\n"
      "    base_path: /data/webui/\n"
      "\n"
      "    checkpoints: models/Stable-diffusion\n"
      "    configs: models/Stable-diffusion\n"
      "    loras: |\n"
      "         models/Lora\n"
      "         models/LyCORIS\n"
      "    hypernetworks: models/hypernetworks\n"
      "    controlnet: \"models/ControlNet\"   # quoted\n"
      "\n"
      "#other:\n"
      "#    vae: models/vae\n"
      "comfyui:\n"
      "    is_default: true\n"
      "    custom_nodes: path/custom_nodes\n"
      "    clip: /elsewhere/clip/\n"
      "    diffusion_models: |\n"
      "                 ../shared/diffusion_models\n"
      "                 unet\n"
      "empty:\n");
  EXPECT_EQ(folders, (Folders{{"/data/webui/models/Stable-diffusion", ModelKind::image},
                              {"/data/webui/models/Lora", ModelKind::adapter},
                              {"/data/webui/models/LyCORIS", ModelKind::adapter},
                              {"/data/webui/models/ControlNet", ModelKind::control},
                              {"/elsewhere/clip/", ModelKind::text_encoder},
                              {folder_ / "shared/diffusion_models", ModelKind::image},
                              {comfy() / "unet", ModelKind::image}}));
}

TEST_F(ExtraModelPathsTest, HomesAndVariables) {
  setenv("DIPTYCH_TEST_DISK", "/disk", 1);
  unsetenv("DIPTYCH_TEST_NONE");
  const char* home = std::getenv("HOME");
  ASSERT_NE(home, nullptr);
  EXPECT_EQ(read("a: {base_path: ~/models, vae: x}"), (Folders{{fs::path(home) / "models/x", ModelKind::autoencoder}}));
  EXPECT_EQ(read("a: {base_path: $DIPTYCH_TEST_DISK/m, vae: x}")[0].path, "/disk/m/x");
  EXPECT_EQ(read("a: {base_path: '${DIPTYCH_TEST_DISK}s', vae: x}")[0].path, "/disks/x");
  EXPECT_EQ(read("a: {base_path: '/$DIPTYCH_TEST_NONE/$/${x', vae: x}")[0].path, "/$DIPTYCH_TEST_NONE/$/${x/x");
  EXPECT_EQ(read("a: {vae: /v, base_path: sub}\nb: {<<: 1, loras: l}"),
            (Folders{{"/v", ModelKind::autoencoder}, {comfy() / "l", ModelKind::adapter}}));
  EXPECT_EQ(read("a: &a {vae: /v}\nb: *a"), (Folders(2, {"/v", ModelKind::autoencoder})));
}

TEST_F(ExtraModelPathsTest, WhatIsWrongIsSaidWithItsLine) {
  EXPECT_EQ(read(""), Folders());
  EXPECT_EQ(read("# nothing\n"), Folders());
  EXPECT_EQ(why("- a\n- b\n"), "line 1: it is no list of sections");
  EXPECT_EQ(why("a:\n  vae: v\nb: text\n"), "line 3: the section b has no folders");
  EXPECT_EQ(why("a:\n  vae:\n    - v\n"), "line 3: vae is no path, nor one on each line");
  EXPECT_EQ(why("a:\n  base_path: [v]\n"), "line 2: base_path is no path");
  EXPECT_EQ(why("a:\n  [x]: v\n"), "line 2: a key is no text");
  EXPECT_TRUE(why("a:\n  vae: \"v\n").starts_with("line 3: "));
  EXPECT_TRUE(why("a: b: c").starts_with("line 1: "));
  EXPECT_TRUE(why(std::string(60000, '[')).ends_with("more brackets than lists of folders have"));
}

TEST_F(ExtraModelPathsTest, TheirModelsAreFoundWithComfyUis) {
  const fs::path other = folder_ / "webui/models";
  write_bytes(comfy() / "models/checkpoints/own.safetensors", "x");
  write_bytes(other / "Stable-diffusion/dream.safetensors", "x");
  write_bytes(other / "Lora/more/ink.safetensors", "x");
  write_bytes(file(),
              "a111:\n  base_path: ../webui\n  checkpoints: models/Stable-diffusion\n  loras: models/Lora\n"
              "  vae: models/none\n"
              "own:\n  base_path: models\n  checkpoints: checkpoints\n");
  const auto found = [&](const fs::path& root) {
    std::vector<std::string> all;
    for (const FoundModel& model : find_models(root))
      all.push_back(model.place + " " + model.name + ": " + model_kind_name(model.kind));
    return all;
  };
  const std::vector<std::string> expected{"ComfyUI/models/checkpoints own: image", "models/Lora/more ink: adapter",
                                          "models/Stable-diffusion dream: image"};
  EXPECT_EQ(found(comfy()), expected);
  EXPECT_EQ(found(comfy() / "models").size(), expected.size()) << "its folder of models alone was added";
  setenv("DIPTYCH_HOME", (folder_ / "home").c_str(), 1);
  unsetenv("DIPTYCH_MODELS");
  add_model_folder(comfy());
  EXPECT_EQ(library_models().size(), expected.size());
  // A broken list hides none of ComfyUI's own, and is told to who adds the folder.
  remove_model_folder(comfy());
  write_bytes(file(), "a: [");
  EXPECT_EQ(found(comfy()), (std::vector<std::string>{"ComfyUI/models/checkpoints own: image"}));
  EXPECT_EQ(error_of([&] { add_model_folder(comfy()); }).category(), ErrorCategory::invalid_file);
}

}  // namespace
}  // namespace diptych::testing
