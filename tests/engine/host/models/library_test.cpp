// The first list of a large library, with the engine's own loaders: what a new user of a full disk waits for.
#include <cstdio>

#include "engine/host/chat/engine_loader.h"
#include "engine/host/images/engine_image_loader.h"
#include "models/checkpoint/describe.h"
#include "models/registry.h"
#include "tests/engine/host/host_testing.h"

namespace diptych::host {
namespace {

namespace fs = std::filesystem;

constexpr int image_models = 300;
constexpr double longest_list_s = 3;

class LibraryTest : public HostTest {
 protected:
  LibraryTest() {
    stop();
    const auto folder = folder_.path() / "models";
    fs::remove_all(folder);
    const fs::path pipeline = fs::path(DIPTYCH_SOURCE_DIR) / "tests/golden/cases/pipeline_sd15/model";
    for (int i = 0; i < image_models; ++i) {
      const fs::path copy = folder / ("model-" + std::to_string(i));
      fs::create_directories(copy);
      for (const auto& entry : fs::directory_iterator(pipeline)) {
        if (entry.is_directory()) {
          fs::create_directory_symlink(entry.path(), copy / entry.path().filename());
        } else {
          fs::copy_file(entry.path(), copy / entry.path().filename());
        }
      }
    }
    const auto registry = std::make_shared<ModelRegistry>();
    models::register_all(*registry);
    HostOptions options;
    options.loader = std::make_shared<EngineLoader>(registry, 1);
    options.image_loader = std::make_shared<EngineImageLoader>(registry, UpscalerLoader(), 1);
    options.describe = [registry](const fs::path& path) { return models::describe_model(*registry, path); };
    start(std::move(options));
  }
  double list_s(api::Json& models) {
    const auto begin = SteadyClock::now();
    models = client().get("/api/models").json["models"];
    return std::chrono::duration<double>(SteadyClock::now() - begin).count();
  }
};

TEST_F(LibraryTest, IsListedByHeadersAndPredictedWhereItIsAskedAbout) {
  api::Json models;
  const double first_s = list_s(models), second_s = list_s(models);
  std::printf("%d image models: first list %.2f s, again %.2f s\n", image_models, first_s, second_s);
  RecordProperty("first_list_s", std::to_string(first_s));
  ASSERT_EQ(models.size(), static_cast<size_t>(image_models));
  for (const api::Json& model : models) {
    EXPECT_EQ(model["state"], "available") << model;
    EXPECT_EQ(model["architecture"], "stable_diffusion");
    EXPECT_EQ(model["quantization"], "F32");
    EXPECT_GT(model["parameters"], 0);
    EXPECT_TRUE(model["memory_bytes"].is_null()) << "nobody asked";
  }
  const api::Json asked = client().get("/api/images/models/model-7").json;
  EXPECT_GT(asked["weights_bytes"], 0);
  list_s(models);
  const auto told = std::count_if(models.begin(), models.end(),
                                  [](const api::Json& model) { return !model["memory_bytes"].is_null(); });
  EXPECT_EQ(told, 1);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  EXPECT_LT(first_s, longest_list_s);
#endif
}

}  // namespace
}  // namespace diptych::host
