// Folders of other programs: what is found in them, and as what.
#include "engine/io/library/model_layout.h"

#include <cstdlib>
#include <map>

#include "tests/engine/io/io_testing.h"

namespace diptych::testing {
namespace {

namespace fs = std::filesystem;

const std::string pickle_bytes("PK\3\4rest", 8);

// {"path below the root": "kind name"}
std::map<std::string, std::string> kinds_in(const fs::path& root) {
  std::map<std::string, std::string> kinds;
  for (const FoundModel& model : find_models(root)) {
    kinds[model.path.lexically_relative(root).generic_string()] = model_kind_name(model.kind) + (": " + model.name);
  }
  return kinds;
}

using Kinds = std::map<std::string, std::string>;

TEST(ModelLayout, ComfyUiSortsModelsByFolders) {
  const TemporaryFolder folder;
  const fs::path root = folder / "ComfyUI", models = root / "models";
  write_bytes(models / "checkpoints" / "anime" / "dream.safetensors", "x");
  write_bytes(models / "checkpoints" / "old.ckpt", pickle_bytes);
  write_bytes(models / "checkpoints" / "put_checkpoints_here", "");
  write_bytes(models / "unet" / "flux-Q4_K.gguf", "x");
  write_bytes(models / "diffusion_models" / "qwen.safetensors", "x");
  write_bytes(models / "text_encoders" / "t5xxl.safetensors", "x");
  write_bytes(models / "clip" / "clip_l.safetensors", "x");
  write_bytes(models / "vae" / "ae.safetensors", "x");
  write_bytes(models / "loras" / "ink.safetensors", "x");
  write_bytes(models / "controlnet" / "canny" / "config.json", "{}");
  write_bytes(models / "controlnet" / "canny" / "diffusion_pytorch_model.safetensors", "x");
  write_bytes(models / "upscale_models" / "4x.pth", "no pickle");
  write_bytes(models / "embeddings" / "badhand.safetensors", "x");
  write_bytes(root / "output" / "latent.safetensors", "x");
  EXPECT_EQ(layout_of(root), FolderLayout::comfyui);
  EXPECT_EQ(layout_of(models), FolderLayout::comfyui);
  EXPECT_EQ(kinds_in(root), (Kinds{{"models/checkpoints/anime/dream.safetensors", "image: dream"},
                                   {"models/checkpoints/old.ckpt", "image: old.ckpt"},
                                   {"models/unet/flux-Q4_K.gguf", "image: flux-Q4_K"},
                                   {"models/diffusion_models/qwen.safetensors", "image: qwen"},
                                   {"models/text_encoders/t5xxl.safetensors", "text encoder: t5xxl"},
                                   {"models/clip/clip_l.safetensors", "text encoder: clip_l"},
                                   {"models/vae/ae.safetensors", "vae: ae"},
                                   {"models/loras/ink.safetensors", "adapter: ink"},
                                   {"models/controlnet/canny", "control: canny"},
                                   {"models/embeddings/badhand.safetensors", "embedding: badhand"}}));
  EXPECT_EQ(kinds_in(models).size(), 10u);
}

TEST(ModelLayout, A1111KeepsEmbeddingsBesideItsModels) {
  const TemporaryFolder folder;
  const fs::path root = folder / "webui";
  write_bytes(root / "models" / "Stable-diffusion" / "dream.safetensors", "x");
  write_bytes(root / "models" / "VAE" / "sharp.safetensors", "x");
  write_bytes(root / "models" / "Lora" / "ink.safetensors", "x");
  write_bytes(root / "models" / "LyCORIS" / "oil.safetensors", "x");
  write_bytes(root / "models" / "ControlNet" / "canny.safetensors", "x");
  write_bytes(root / "models" / "ESRGAN" / "4x.safetensors", "x");
  write_bytes(root / "embeddings" / "bad.safetensors", "x");
  write_bytes(root / "extensions" / "sd-webui-controlnet" / "models" / "depth.safetensors", "x");
  write_bytes(root / "extensions" / "other" / "thing.safetensors", "x");
  const Kinds expected{{"models/Stable-diffusion/dream.safetensors", "image: dream"},
                       {"models/VAE/sharp.safetensors", "vae: sharp"},
                       {"models/Lora/ink.safetensors", "adapter: ink"},
                       {"models/LyCORIS/oil.safetensors", "adapter: oil"},
                       {"models/ControlNet/canny.safetensors", "control: canny"},
                       {"models/ESRGAN/4x.safetensors", "upscaler: 4x"},
                       {"embeddings/bad.safetensors", "embedding: bad"},
                       {"extensions/sd-webui-controlnet/models/depth.safetensors", "control: depth"}};
  EXPECT_EQ(layout_of(root), FolderLayout::a1111);
  EXPECT_EQ(kinds_in(root), expected);
  EXPECT_EQ(find_models(root / "models").size(), expected.size());
}

TEST(ModelLayout, TheCacheOfHuggingFaceIsReadThroughItsLinks) {
  const TemporaryFolder folder;
  const fs::path hub = folder / "hub", repository = hub / "models--maker--tiny", old = repository / "snapshots" / "aaa",
                 current = repository / "snapshots" / "bbb";
  write_bytes(repository / "blobs" / "0123", "weights");
  write_bytes(repository / "blobs" / "4567", "{}");
  write_bytes(repository / "refs" / "main", "bbb\n");
  write_bytes(old / "config.json", "{}");
  fs::create_directories(current);
  fs::create_symlink("../../blobs/0123", current / "model.safetensors");
  fs::create_symlink("../../blobs/4567", current / "config.json");
  // A repository of GGUF files keeps the original's configuration; without a reference the newest counts.
  const fs::path quantized = hub / "models--maker--tiny-GGUF" / "snapshots" / "ccc";
  write_bytes(quantized / "config.json", "{}");
  write_bytes(quantized / "tiny-Q4_K.gguf", "x");
  write_bytes(quantized / "tiny-Q8_0-00001-of-00002.gguf", "x");
  write_bytes(quantized / "tiny-Q8_0-00002-of-00002.gguf", "x");
  // Only a tokenizer was fetched.
  write_bytes(hub / "models--maker--words" / "snapshots" / "ddd" / "config.json", "{}");
  write_bytes(hub / "datasets--maker--texts" / "snapshots" / "eee" / "data.safetensors", "x");
  EXPECT_EQ(layout_of(folder.path()), FolderLayout::huggingface);
  const Kinds expected{{"models--maker--tiny/snapshots/bbb", "unknown: maker/tiny"},
                       {"models--maker--tiny-GGUF/snapshots/ccc/tiny-Q4_K.gguf", "unknown: tiny-Q4_K"},
                       {"models--maker--tiny-GGUF/snapshots/ccc/tiny-Q8_0-00001-of-00002.gguf", "unknown: tiny-Q8_0"}};
  EXPECT_EQ(kinds_in(hub), expected);
  EXPECT_EQ(find_models(folder.path()).size(), expected.size());
}

TEST(ModelLayout, HuggingFacesVariablesNameItsCache) {
  const auto set = [](const char* name, const char* value) {
    value == nullptr ? unsetenv(name) : setenv(name, value, 1);
  };
  for (const char* name : {"HF_HUB_CACHE", "HF_HOME", "XDG_CACHE_HOME"}) set(name, nullptr);
  EXPECT_TRUE(huggingface_cache().string().ends_with(".cache/huggingface/hub"));
  set("HF_HOME", "/there");
  EXPECT_EQ(huggingface_cache(), "/there/hub");
  set("HF_HUB_CACHE", "/here");
  EXPECT_EQ(huggingface_cache(), "/here");
  for (const char* name : {"HF_HUB_CACHE", "HF_HOME"}) set(name, nullptr);
}

TEST(ModelLayout, PlainFoldersAreWalkedOnce) {
  const TemporaryFolder folder;
  write_bytes(folder / "a" / "b" / "one.gguf", "x");
  write_bytes(folder / "a" / "Lora" / "two.safetensors", "x");
  write_bytes(folder / "pipe" / "model_index.json", "{}");
  write_bytes(folder / "pipe" / "unet" / "diffusion_pytorch_model.safetensors", "x");
  write_bytes(folder / ".hidden" / "three.gguf", "x");
  write_bytes(folder / "data.bin", "no pickle");
  fs::create_directory_symlink(folder.path(), folder / "a" / "back");
  EXPECT_EQ(layout_of(folder.path()), FolderLayout::plain);
  EXPECT_EQ(
      kinds_in(folder.path()),
      (Kinds{{"a/b/one.gguf", "unknown: one"}, {"a/Lora/two.safetensors", "adapter: two"}, {"pipe", "unknown: pipe"}}));
  EXPECT_EQ(find_models(folder / "pipe").size(), 1u);  // the folder of a model itself
  EXPECT_TRUE(find_models(folder / "nothing").empty());
}

}  // namespace
}  // namespace diptych::testing
