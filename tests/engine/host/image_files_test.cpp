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
  write(other / "models" / "checkpoints" / "dream.safetensors");
  write(other / "models" / "controlnet" / "canny" / "config.json");
  write(other / "models" / "controlnet" / "canny" / "diffusion_pytorch_model.safetensors");
  write(other / "models" / "loras" / "notes.txt");
  add_model_folder(other);
  std::vector<std::string> found;
  const Json files = client().get("/api/images/files").json;
  for (const Json& file : files["files"]) {
    found.push_back(file["kind"].get<std::string>() + " " + file["name"].get<std::string>());
    EXPECT_EQ(file["size_bytes"], 5);
    EXPECT_EQ(file["origin"], file["path"].get<std::string>().starts_with(other.string()) ? "ComfyUI" : "");
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

TEST_F(ImageFilesTest, AnImageModelsMemoryIsPredictedWhenItIsAskedAbout) {
  const auto memory = [&](const std::string& id) {
    const Json list = client().get("/api/models").json;
    for (const Json& model : list["models"]) {
      if (model["id"] == id) return model["memory_bytes"];
    }
    return Json("no such model");
  };
  EXPECT_EQ(memory("painter"), Json(nullptr));
  EXPECT_EQ(client().post("/api/images/models", {{"model", "painter"}}).json["weights_bytes"], 800);
  EXPECT_EQ(memory("painter"), 800);
  EXPECT_EQ(memory("other-painter"), Json(nullptr));
}

// What files hold decides, not where they lie; names that clash are told apart.
TEST_F(ImageFilesTest, ModelsAreToldByTheirHeaders) {
  const auto models = folder_.path() / "models", webui = folder_.path() / "webui";
  write(models / "loose-lora.safetensors");
  write(models / "Lora" / "ink.safetensors");
  write(webui / "models" / "Lora" / "ink.safetensors");
  write(webui / "models" / "Stable-diffusion" / "old.ckpt");
  std::ofstream(webui / "models" / "Stable-diffusion" / "old.ckpt") << "PK\3\4";
  write(webui / "models" / "VAE" / "cut.safetensors");
  add_model_folder(webui);
  HostOptions options;
  options.describe = [](const std::filesystem::path& path) -> diptych::ModelDescription {
    const std::string name = path.filename().string();
    if (name == "old.ckpt")
      throw Error(ErrorCategory::unsupported, "cannot open", name, "it is a pickle", "convert it");
    if (name == "cut.safetensors")
      throw Error(ErrorCategory::invalid_file, "cannot open", name, "it is cut", "mend it");
    if (name == "painter" || name == "other-painter") return {.kind = diptych::ModelKind::image};
    return {.kind = name.ends_with(".gguf") ? diptych::ModelKind::text : diptych::ModelKind::adapter};
  };
  stop();
  start_images(std::move(options));
  std::vector<std::string> files, listed;
  const Json found = client().get("/api/images/files").json;
  for (const Json& file : found["files"]) files.push_back(file["name"]);
  EXPECT_EQ(files, (std::vector<std::string>{"loose-lora", "models/Lora/ink", "webui/models/Lora/ink"}));
  const Json list = client().get("/api/models").json;
  for (const Json& model : list["models"]) {
    listed.push_back(model["kind"].get<std::string>() + " " + model["id"].get<std::string>());
    if (model["id"] != "old.ckpt") continue;
    EXPECT_EQ(model["state"], "failed");
    EXPECT_EQ(model["origin"], "A1111");
    EXPECT_EQ(model["error"]["why"], "it is a pickle");
    EXPECT_EQ(model["error"]["to_do"], "convert it");
  }
  EXPECT_EQ(listed, (std::vector<std::string>{"text broken", "image old.ckpt", "text other", "image other-painter",
                                              "image painter", "text tiny"}));
  const auto estimate = [&](const char* adapter) {
    return client().post("/api/images/estimate",
                         {{"model", "painter"}, {"adapters", {{{"file", adapter}, {"scale", 1}}}}});
  };
  EXPECT_EQ(estimate("webui/models/Lora/ink").status, 200);
  const Reply unclear = estimate("ink");
  EXPECT_EQ(unclear.status, 400);
  EXPECT_NE(unclear.text.find("models/Lora/ink, webui/models/Lora/ink"), std::string::npos) << unclear.text;
}

TEST_F(ImageFilesTest, AModelOfAnyNameHasAnAddress) {
  const auto one = folder_.path() / "models" / "one", two = folder_.path() / "models" / "two";
  for (const auto& folder : {one, two}) {
    std::filesystem::create_directories(folder / "dream");
    std::ofstream(folder / "dream" / "model_index.json") << "{}";
  }
  EXPECT_EQ(client().get("/api/images/models/one/dream").json["id"], "one/dream");
  EXPECT_EQ(client().get("/api/images/models/two%2Fdream").json["id"], "two/dream");
  EXPECT_EQ(client().get("/api/images/models/dream").status, 400);
  EXPECT_EQ(client().get("/api/images/models").status, 404);
}

}  // namespace
}  // namespace diptych::host
