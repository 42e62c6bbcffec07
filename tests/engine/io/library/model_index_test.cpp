// The library's names, and what is remembered of its files.
#include "engine/io/library/model_index.h"

#include <algorithm>
#include <cstdlib>

#include "engine/io/files/sha256.h"
#include "engine/io/library/file_hashes.h"
#include "engine/io/library/model_folders.h"
#include "engine/io/library/model_hash.h"
#include "engine/io/library/model_ref.h"
#include "engine/io/library/side_files.h"
#include "tests/engine/io/io_testing.h"

namespace diptych::testing {
namespace {

namespace fs = std::filesystem;

class ModelIndexTest : public ::testing::Test {
 protected:
  ModelIndexTest() {
    setenv("DIPTYCH_HOME", (folder_ / "home").c_str(), 1);
    unsetenv("DIPTYCH_MODELS");
    fs::create_directories(models());
  }
  fs::path models() const { return folder_ / "home/models"; }

  // Names and kinds, as a describer that knows files by their first letters tells them.
  ModelDescription described(const fs::path& path) {
    ++described_;
    std::ifstream file(path);
    std::string text;
    file >> text;
    if (text == "broken")
      throw Error(ErrorCategory::invalid_file, "cannot open", path.string(), "it is broken", "mend it");
    return {.kind = model_kind_of(text).value_or(ModelKind::unknown), .form = ModelForm::gguf, .family = "of " + text};
  }
  std::vector<LibraryModel> indexed() {
    return index_library([this](const fs::path& path) { return described(path); });
  }
  static std::vector<std::string> names(const std::vector<LibraryModel>& models) {
    std::vector<std::string> all;
    for (const LibraryModel& model : models) all.push_back(std::string(model_kind_name(model.kind)) + " " + model.name);
    return all;
  }

  TemporaryFolder folder_;
  int described_ = 0;
};

using Names = std::vector<std::string>;

TEST_F(ModelIndexTest, FilesAreReadOnceAndAgainWhenTheyChange) {
  write_bytes(models() / "a.safetensors", "image");
  write_bytes(models() / "b.safetensors", "vae");
  write_bytes(models() / "loras" / "c.safetensors", "broken");
  EXPECT_EQ(names(library_models()), (Names{"unknown a", "unknown b", "adapter c"}));
  const auto first = indexed();
  EXPECT_EQ(names(first), (Names{"image a", "vae b", "adapter c"}));
  EXPECT_EQ(first[0].description->family, "of image");
  EXPECT_EQ(first[0].size_bytes, 5);
  EXPECT_FALSE(first[2].description.has_value());
  EXPECT_EQ(first[2].why, "it is broken");
  EXPECT_EQ(first[2].to_do, "mend it");
  EXPECT_EQ(described_, 3);
  EXPECT_EQ(names(library_models()), (Names{"image a", "vae b", "adapter c"}));
  EXPECT_EQ(library_models()[2].why, "it is broken");
  EXPECT_EQ(names(indexed()), (Names{"image a", "vae b", "adapter c"}));
  EXPECT_EQ(described_, 3);
  write_bytes(models() / "b.safetensors", "control");
  fs::remove(models() / "a.safetensors");
  EXPECT_EQ(names(library_models()), (Names{"unknown b", "adapter c"}));
  EXPECT_EQ(names(indexed()), (Names{"control b", "adapter c"}));
  EXPECT_EQ(described_, 4);
  // Only a cache.
  write_bytes(folder_ / "home/cache/model_index.json", "{");
  EXPECT_EQ(names(indexed()), (Names{"control b", "adapter c"}));
  EXPECT_EQ(described_, 6);
}

// Names of files are any bytes; JSON, which the index and hashes are kept in, is UTF-8.
TEST_F(ModelIndexTest, NamesNeedNotBeUtf8) {
  const fs::path file = models() / "caf\xe9.safetensors";
  write_bytes(file, "image");
  write_bytes(models() / "b.safetensors", "vae");
  EXPECT_EQ(indexed().size(), 2u);
  EXPECT_EQ(indexed().size(), 2u);
  EXPECT_EQ(file_hash(file), sha256_file(file));
  fs::create_directories(folder_ / "caf\xe9");
  EXPECT_EQ(error_of([&] { add_model_folder(folder_ / "caf\xe9"); }).category(), ErrorCategory::invalid_argument);
}

TEST_F(ModelIndexTest, NamesThatClashAreToldApart) {
  const fs::path comfy = folder_ / "ComfyUI", disk = folder_ / "disk";
  write_bytes(comfy / "models/checkpoints/dream.safetensors", "image");
  write_bytes(comfy / "models/checkpoints/anime/dream.safetensors", "image");
  write_bytes(comfy / "models/loras/dream.safetensors", "adapter");
  write_bytes(comfy / "models/loras/ink.safetensors", "adapter");
  write_bytes(disk / "ink.safetensors", "adapter");
  write_bytes(models() / "tiny.gguf", "text");
  write_bytes(models() / "tiny.safetensors", "image");
  add_model_folder(comfy);
  add_model_folder(disk);
  add_model_folder(comfy / "models/loras");  // known already
  EXPECT_EQ(names(indexed()),
            (Names{"text tiny.gguf", "image tiny.safetensors", "image anime/dream", "image checkpoints/dream",
                   "adapter dream", "adapter loras/ink", "adapter disk/ink"}));
  EXPECT_EQ(resolve_model("ANIME/dream"), comfy / "models/checkpoints/anime/dream.safetensors");
  EXPECT_EQ(resolve_model("checkpoints/anime/dream"), comfy / "models/checkpoints/anime/dream.safetensors");
  EXPECT_EQ(resolve_model("checkpoints/dream.safetensors"), comfy / "models/checkpoints/dream.safetensors");
  EXPECT_EQ(resolve_model("tiny", ModelKind::text), models() / "tiny.gguf");
  EXPECT_EQ(resolve_model("tiny", ModelKind::image), models() / "tiny.safetensors");
  EXPECT_EQ(resolve_side_file(ModelKind::adapter, "dream", {}), comfy / "models/loras/dream.safetensors");
  EXPECT_EQ(resolve_side_file(ModelKind::adapter, "disk/ink", {}), disk / "ink.safetensors");
  const Error dream = error_of([] { resolve_model("dream"); });
  EXPECT_EQ(dream.category(), ErrorCategory::invalid_argument);
  EXPECT_NE(dream.to_do().find("anime/dream, checkpoints/dream"), std::string::npos) << dream.what();
  const Error ink = error_of([] { resolve_side_file(ModelKind::adapter, "ink", {}); });
  EXPECT_NE(ink.to_do().find("loras/ink, disk/ink"), std::string::npos) << ink.what();
  const Error none = error_of([] { resolve_side_file(ModelKind::adapter, "oil", {}); });
  EXPECT_EQ(none.category(), ErrorCategory::not_found);
  EXPECT_NE(none.to_do().find("dream, loras/ink, disk/ink"), std::string::npos) << none.what();
}

TEST_F(ModelIndexTest, APickleIsFoundOnlyWhereNothingElseIs) {
  const fs::path root = folder_ / "webui";
  const std::string pickle("PK\3\4", 4);
  write_bytes(root / "models/Stable-diffusion/dream.ckpt", pickle);
  write_bytes(root / "models/Stable-diffusion/dream.safetensors", "image");
  write_bytes(root / "models/Stable-diffusion/old.ckpt", pickle);
  add_model_folder(root);
  EXPECT_EQ(names(library_models()), (Names{"image dream.ckpt", "image dream", "image old.ckpt"}));
  EXPECT_EQ(resolve_model("dream"), root / "models/Stable-diffusion/dream.safetensors");
  EXPECT_EQ(resolve_model("old"), root / "models/Stable-diffusion/old.ckpt");
  EXPECT_EQ(resolve_model("dream.ckpt"), root / "models/Stable-diffusion/dream.ckpt");
}

TEST_F(ModelIndexTest, WhatStandsBesideAModelComesFirst) {
  const fs::path webui = folder_ / "webui", model = webui / "models/Stable-diffusion/dream.safetensors";
  write_bytes(model, "image");
  write_bytes(webui / "models/Lora/ink.safetensors", "adapter");
  write_bytes(webui / "models/Lora/more/oil.safetensors", "adapter");
  write_bytes(webui / "models/Lora/other/oil.safetensors", "adapter");
  write_bytes(webui / "embeddings/bad.safetensors", "embedding");
  write_bytes(webui / "embeddings/worse.pt", std::string("PK\3\4", 4));
  write_bytes(models() / "loras/ink.safetensors", "adapter");
  write_bytes(models() / "embeddings/good.safetensors", "embedding");
  EXPECT_EQ(resolve_side_file(ModelKind::adapter, "ink", model), webui / "models/Lora/ink.safetensors");
  EXPECT_EQ(resolve_side_file(ModelKind::adapter, "ink", {}), models() / "loras/ink.safetensors");
  EXPECT_EQ(resolve_side_file(ModelKind::adapter, "more/oil", model), webui / "models/Lora/more/oil.safetensors");
  const Error oil = error_of([&] { resolve_side_file(ModelKind::adapter, "oil", model); });
  EXPECT_NE(oil.to_do().find("more/oil, other/oil"), std::string::npos) << oil.what();
  EXPECT_EQ(side_files(ModelKind::embedding, model),
            (std::vector<fs::path>{webui / "embeddings/bad.safetensors", models() / "embeddings/good.safetensors"}));
}

TEST_F(ModelIndexTest, NothingIsWrittenToTheFolders) {
  const fs::path comfy = folder_ / "ComfyUI";
  write_bytes(comfy / "models/checkpoints/dream.safetensors", "image");
  write_bytes(comfy / "models/vae/ae.safetensors", "vae");
  add_model_folder(comfy);
  const auto state = [&] {
    std::vector<std::string> all;
    for (const auto& entry : fs::recursive_directory_iterator(comfy)) {
      all.push_back(entry.path().string() + " " + std::to_string(entry.last_write_time().time_since_epoch().count()));
    }
    std::ranges::sort(all);
    return all;
  };
  const auto before = state();
  ASSERT_EQ(before.size(), 5u);
  for (const LibraryModel& model : indexed()) (void)content_hash(model.path);
  (void)resolve_model("dream");
  EXPECT_EQ(state(), before);
}

constexpr const char* sha256_of_abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

TEST_F(ModelIndexTest, ARenamedFileKeepsItsHash) {
  write_bytes(models() / "dream.safetensors", "abc");
  write_bytes(models() / "other.safetensors", "abcd");
  EXPECT_EQ(known_model_hash(models() / "dream.safetensors", KnownHashes()), std::nullopt);
  EXPECT_EQ(model_hash(models() / "dream.safetensors"), sha256_of_abc);
  fs::rename(models() / "dream.safetensors", models() / "vision.safetensors");
  EXPECT_EQ(known_model_hash(models() / "vision.safetensors", KnownHashes()), sha256_of_abc);
  EXPECT_EQ(known_model_hash(models() / "other.safetensors", KnownHashes()), std::nullopt);
  EXPECT_EQ(known_model_hash(models() / "dream.safetensors", KnownHashes()), std::nullopt) << "it is gone";
  write_bytes(models() / "vision.safetensors", "abcd");
  EXPECT_EQ(known_model_hash(models() / "vision.safetensors", KnownHashes()), std::nullopt) << "it has changed";
  write_bytes(folder_ / "home/hashes.json", R"({"a": 1, "b": {"file": 2, "sha256": []}})");
  EXPECT_EQ(KnownHashes().of(models() / "vision.safetensors"), std::nullopt) << "only a cache, and a damaged one";
}

TEST_F(ModelIndexTest, APipelineHasItsDenoisersHash) {
  const fs::path pipe = models() / "pipe", unet = pipe / "unet";
  write_bytes(pipe / "model_index.json", R"({"_class_name": "X", "unet": ["diffusers", "UNet2DConditionModel"]})");
  EXPECT_EQ(error_of([&] { model_hash(pipe); }).category(), ErrorCategory::not_found);
  write_bytes(unet / "diffusion_pytorch_model.safetensors", "abc");
  write_bytes(pipe / "vae/diffusion_pytorch_model.safetensors", "x");
  EXPECT_EQ(model_hash(pipe), sha256_of_abc);
  EXPECT_EQ(known_model_hash(pipe, KnownHashes()), sha256_of_abc);
  fs::remove(unet / "diffusion_pytorch_model.safetensors");
  write_bytes(unet / "diffusion_pytorch_model.safetensors.index.json", "{}");
  write_bytes(unet / "diffusion_pytorch_model-00002-of-00002.safetensors", "abcd");
  write_bytes(unet / "diffusion_pytorch_model-00001-of-00002.safetensors", "abc");
  write_bytes(unet / "diffusion_pytorch_model.fp16-00001-of-00001.safetensors", "of another set");
  const std::string lines = std::string(sha256_of_abc) + "  diffusion_pytorch_model-00001-of-00002.safetensors\n" +
                            "88d4266fd4e6338d13b845fcf289579d209c897823b9217da3e161936f031589  "
                            "diffusion_pytorch_model-00002-of-00002.safetensors\n";
  Sha256 expected;
  expected.update(std::as_bytes(std::span(lines)));
  EXPECT_EQ(model_hash(pipe), expected.finish());
}

TEST_F(ModelIndexTest, AFoldersHashIsThatOfItsFiles) {
  const fs::path folder = models() / "pipe";
  write_bytes(folder / "model_index.json", "{}");
  write_bytes(folder / "unet/weights.safetensors", "abc");
  write_bytes(folder / "notes.md", "not its content");
  // sha256 of "{}" and of "abc", as sha256sum prints them
  const std::string lines =
      "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a  model_index.json\n"
      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  unet/weights.safetensors\n";
  Sha256 expected;
  expected.update(std::as_bytes(std::span(lines)));
  const std::string hash = content_hash(folder);
  EXPECT_EQ(hash, expected.finish());
  write_bytes(folder / "notes.md", "changed");
  EXPECT_EQ(content_hash(folder), hash);
  write_bytes(folder / "unet/weights.safetensors", "abcd");
  EXPECT_NE(content_hash(folder), hash);
  write_bytes(models() / "one.gguf", "abc");
  EXPECT_EQ(content_hash(models() / "one.gguf"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

}  // namespace
}  // namespace diptych::testing
