#include "engine/io/library/hf_folder.h"

#include <array>
#include <nlohmann/json.hpp>

#include "engine/io/formats/safetensors.h"
#include "tests/engine/io/io_testing.h"

using namespace diptych;
using namespace diptych::testing;

TEST(HfFolder, FindsItsFiles) {
  TemporaryFolder folder;
  EXPECT_FALSE(is_hf_folder(folder.path()));
  EXPECT_EQ(error_of([&] { open_hf_folder(folder.path()); }).category(), ErrorCategory::not_found);
  write_bytes(folder / "config.json", R"({"model_type": "llama"})");
  EXPECT_EQ(error_of([&] { (void)open_hf_folder(folder.path()).open_weights(); }).category(), ErrorCategory::not_found);

  const std::array<float, 1> one{1};
  const std::array<NamedTensor, 1> tensors{{{"w", DType::f32, {1}, std::as_bytes(std::span(one))}}};
  write_safetensors(folder / "model.safetensors", tensors);
  write_bytes(folder / "tokenizer.json", "{}");
  write_bytes(folder / "generation_config.json", R"({"eos_token_id": 2})");
  const HfFolder opened = open_hf_folder(folder.path());
  EXPECT_EQ((*opened.config)["model_type"], "llama");
  EXPECT_EQ((*opened.generation_config)["eos_token_id"], 2);
  EXPECT_EQ(opened.tokenizer.tokenizer_json, folder / "tokenizer.json");
  EXPECT_TRUE(opened.tokenizer.merges.empty());
  EXPECT_EQ(opened.open_weights()->names(), std::vector<std::string>{"w"});
  EXPECT_EQ(open_weights(folder.path())->names(), std::vector<std::string>{"w"});
  EXPECT_EQ(open_weights(folder / "model.safetensors")->names(), std::vector<std::string>{"w"});

  write_bytes(folder / "config.json", "[]");
  EXPECT_EQ(error_of([&] { open_hf_folder(folder.path()); }).category(), ErrorCategory::invalid_file);
}

// What diffusers loads with variant="fp16".
TEST(HfFolder, TakesVariantsWhereNothingElseIs) {
  const std::array<float, 1> one{1};
  const auto write = [&](const std::filesystem::path& path, const char* name) {
    const std::array<NamedTensor, 1> tensors{{{name, DType::f32, {1}, std::as_bytes(std::span(one))}}};
    write_safetensors(path, tensors);
  };
  TemporaryFolder folder;
  write_bytes(folder / "config.json", "{}");
  write(folder / "part.safetensors", "part");
  write_bytes(folder / "model.safetensors.index.bf16.json", R"({"weight_map": {"part": "part.safetensors"}})");
  EXPECT_EQ(open_weights(folder.path())->names(), std::vector<std::string>{"part"});
  EXPECT_EQ(open_weights(folder / "model.safetensors.index.bf16.json")->names(), std::vector<std::string>{"part"});
  write(folder / "diffusion_pytorch_model.fp16.safetensors", "half");
  EXPECT_EQ(open_weights(folder.path())->names(), std::vector<std::string>{"half"});
  write(folder / "diffusion_pytorch_model.safetensors", "whole");
  EXPECT_EQ(open_weights(folder.path())->names(), std::vector<std::string>{"whole"});
}
