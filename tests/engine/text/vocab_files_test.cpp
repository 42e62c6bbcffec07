// Folders that hold vocab.json and merges.txt in place of tokenizer.json give the same ids.
#include "engine/text/vocab_files.h"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "engine/io/formats/json_text.h"
#include "engine/text/text_window.h"
#include "tests/engine/io/io_testing.h"

namespace diptych {
namespace {

namespace fs = std::filesystem;

using nlohmann::json;
using testing::error_of;
using testing::TemporaryFolder;

const fs::path cases = fs::path(DIPTYCH_SOURCE_DIR) / "tests/golden/cases";
constexpr EncodeOptions whole{.add_special = true, .parse_special = true};
constexpr const char* texts[] = {
    "",
    "a fox in the rain",
    "A  Fox,\tin the RAIN!! (x:1.3) it's 12345 isn't",
    "Caf\u00e9 na\u00efve \u65e5\u672c\u8a9e \U0001f98a",
    "<|startoftext|>a<|endoftext|> b",
    "line\n\n  next 7\u00bd",
};

void write(const fs::path& path, const std::string& text) {
  std::ofstream(path) << text;
}

TEST(VocabFiles, OfClipGiveTheIdsOfTokenizerJson) {
  for (const char* name : {"pipeline_sd15/model/tokenizer", "pipeline_sdxl/model/tokenizer_2"}) {
    const TemporaryFolder folder;
    for (const auto& entry : fs::directory_iterator(cases / name)) {
      if (entry.path().filename() != "tokenizer.json") fs::copy(entry.path(), folder.path());
    }
    const TextWindow newer = open_text_window(cases / name), older = open_text_window(folder.path());
    EXPECT_EQ(older.tokens, newer.tokens);
    EXPECT_EQ(older.pad, newer.pad);
    EXPECT_EQ(older.tokenizer->vocab_size(), newer.tokenizer->vocab_size());
    EXPECT_EQ(older.tokenizer->eos(), newer.tokenizer->eos());
    for (const char* text : texts) {
      EXPECT_EQ(older.tokenizer->encode(text, whole), newer.tokenizer->encode(text, whole)) << name << ": " << text;
    }
  }
}

// What Qwen2TokenizerFast of transformers has in its tokenizer.json.
json as_qwen2(json root) {
  root["normalizer"] = {{"type", "NFC"}};
  root["pre_tokenizer"] = json::parse(R"({"type": "Sequence", "pretokenizers": [
    {"type": "Split", "behavior": "Isolated", "invert": false, "pattern": {"Regex":
      "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"}},
    {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": false, "use_regex": false}]})");
  return root;
}

TEST(VocabFiles, OfBytePairsGiveTheIdsOfTokenizerJson) {
  const json root = read_json_file(cases / "pipeline_qwen_image/model/tokenizer/tokenizer.json");
  for (const std::string kind : {"GPT2Tokenizer", "Qwen2TokenizerFast"}) {
    const TemporaryFolder older, newer;
    const std::string config = R"({"tokenizer_class": ")" + kind + R"(", "pad_token": "<|endoftext|>"})";
    write(newer / "tokenizer.json", (kind == "GPT2Tokenizer" ? root : as_qwen2(root)).dump());
    write(newer / "tokenizer_config.json", config);
    write(older / "tokenizer_config.json", config);
    json vocab = root["model"]["vocab"], added = json::object();
    for (const json& token : root["added_tokens"]) {
      added[token["content"].get<std::string>()] = token["id"];
      vocab.erase(token["content"].get<std::string>());
    }
    write(older / "vocab.json", vocab.dump());
    write(older / "added_tokens.json", added.dump());
    std::string merges = "#version: 0.2\r\n";
    for (const json& pair : root["model"]["merges"]) {
      merges +=
          pair.is_array() ? pair[0].get<std::string>() + " " + pair[1].get<std::string>() : pair.get<std::string>();
      merges += "\r\n";
    }
    write(older / "merges.txt", merges);
    const TextWindow one = open_text_window(newer.path()), other = open_text_window(older.path());
    EXPECT_EQ(other.pad, one.pad);
    for (const char* text : texts) {
      EXPECT_EQ(other.tokenizer->encode(text, whole), one.tokenizer->encode(text, whole)) << kind << ": " << text;
    }
    EXPECT_EQ(other.tokenizer->encode("<|im_start|>user", whole), one.tokenizer->encode("<|im_start|>user", whole));
  }
}

TEST(VocabFiles, ThatCannotBeReadSayWhy) {
  const TemporaryFolder folder;
  const auto category = [&] { return error_of([&] { open_text_window(folder.path()); }).category(); };
  write(folder / "vocab.json", R"({"a": 0, "b": 1})");
  EXPECT_EQ(category(), ErrorCategory::unsupported);
  write(folder / "tokenizer_config.json", R"({"tokenizer_class": "WhisperTokenizer"})");
  EXPECT_EQ(category(), ErrorCategory::unsupported);
  write(folder / "tokenizer_config.json", R"({"tokenizer_class": "CLIPTokenizer"})");
  EXPECT_EQ(category(), ErrorCategory::invalid_file) << "no control tokens";
  write(folder / "tokenizer_config.json", R"({"tokenizer_class": "GPT2Tokenizer"})");
  for (const char* merges : {"ab\n", " b\n", "a \n", "a x\n"}) {
    write(folder / "merges.txt", merges);
    EXPECT_EQ(category(), ErrorCategory::invalid_file) << merges;
  }
  write(folder / "vocab.json", "[1]");
  EXPECT_EQ(category(), ErrorCategory::invalid_file);
}

}  // namespace
}  // namespace diptych
