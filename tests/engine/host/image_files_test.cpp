// Files that are used with image models, where other programs keep them.
#include "engine/host/image_files.h"

#include "engine/io/model_folders.h"
#include "tests/engine/host/image_host_testing.h"

namespace diptych::host {
namespace {

using api::Json;

class ImageFilesTest : public ImageHostTest {
 protected:
  static void write(const std::filesystem::path& path) {
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << "12345";
  }
};

TEST_F(ImageFilesTest, FoldersOfBothProgramsAreRead) {
  const auto models = folder_.path() / "models", other = folder_.path() / "ComfyUI";
  write(models / "Lora" / "style" / "ink.safetensors");
  write(models / "VAE" / "sharp.safetensors");
  write(other / "models" / "upscale_models" / "big.safetensors");
  write(other / "models" / "controlnet" / "canny" / "config.json");
  write(other / "models" / "loras" / "notes.txt");
  add_model_folder(other);
  std::vector<std::string> found;
  const Json files = client().get("/api/images/files").json;
  for (const Json& file : files["files"]) {
    found.push_back(file["kind"].get<std::string>() + " " + file["name"].get<std::string>());
    EXPECT_EQ(file["size_bytes"], 5);
  }
  EXPECT_EQ(found, (std::vector<std::string>{"adapter ink", "vae sharp", "control canny", "upscaler big"}));
  EXPECT_EQ(image_file("Sharp", api::ImageFileKind::vae), models / "VAE" / "sharp.safetensors");
  try {
    image_file("blunt", api::ImageFileKind::vae);
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.to_do()).find("sharp"), std::string::npos);
  }
  EXPECT_EQ(client().post("/api/images/estimate", {{"model", "painter"}, {"vae", "blunt"}}).status, 404);
  EXPECT_EQ(client().post("/api/images/estimate", {{"model", "painter"}, {"vae", "sharp"}}).status, 200);
}

}  // namespace
}  // namespace diptych::host
