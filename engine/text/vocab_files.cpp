#include "engine/text/vocab_files.h"

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>

#include "engine/core/error.h"
#include "engine/io/files/atomic_file.h"
#include "engine/io/formats/json_text.h"
#include "engine/text/clip_json.h"
#include "engine/text/gguf_patterns.h"
#include "engine/text/special_tokens.h"
#include "engine/text/tokenizer_fields.h"

namespace diptych {
namespace {

using nlohmann::json;

constexpr uint64_t most_merges_bytes = 64u << 20;
constexpr const char *clip_start = "<|startoftext|>", *clip_end = "<|endoftext|>";

// A pair on each line; the first line may say "#version: 0.2".
json read_merges(const std::filesystem::path& path) {
  if (path.empty()) return json::array();
  const std::string text = read_text_file(path, most_merges_bytes);
  json pairs = json::array();
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    std::string_view line = std::string_view(text).substr(at, end - at);
    if (line.ends_with('\r')) line.remove_suffix(1);
    const bool version = at == 0 && line.starts_with("#version");
    at = end + 1;
    if (line.empty() || version) continue;
    const size_t space = line.find(' ');
    if (space == line.npos || space == 0 || space + 1 == line.size()) {
      fail_tokenizer(path.string(), "the line \"" + std::string(line.substr(0, 40)) + "\" is no pair");
    }
    pairs.push_back({std::string(line.substr(0, space)), std::string(line.substr(space + 1))});
  }
  return pairs;
}

int64_t id_of(const json& vocab, const std::string& token, const std::string& path) {
  const auto found = vocab.find(token);
  if (found == vocab.end() || !found->is_number_integer()) {
    fail_tokenizer(path, "the vocabulary has no \"" + token + "\"");
  }
  return found->get<int64_t>();
}

json clip(json vocab, json merges, const SpecialTokens& named, const std::string& path) {
  const auto control = [&](const char* role, const char* usual) {
    const std::string text = named.text(role).empty() ? usual : named.text(role);
    return ControlToken{text, id_of(vocab, text, path)};
  };
  const ControlToken start = control("bos_token", clip_start), end = control("eos_token", clip_end);
  return clip_tokenizer_json(std::move(vocab), std::move(merges), start, end);
}

// Tokens behind the vocabulary, {"<|im_start|>": 151644, …}.
json added_tokens(const std::filesystem::path& path) {
  json added = json::array();
  if (path.empty()) return added;
  const json tokens = read_json_file(path);
  if (!tokens.is_object()) fail_tokenizer(path.string(), "it is no JSON object");
  for (const auto& [text, id] : tokens.items()) {
    if (!id.is_number_integer()) fail_tokenizer(path.string(), "the id of \"" + text + "\" is no number");
    added.push_back(added_token_json({text, id.get<int64_t>()}));
  }
  return added;
}

json byte_pairs(json vocab, json merges, json added, bool qwen, bool space_in_front) {
  json words = {
      {"type", "ByteLevel"}, {"add_prefix_space", space_in_front}, {"trim_offsets", false}, {"use_regex", !qwen}};
  json normalizer = nullptr;
  if (qwen) {
    const json pattern = {{"Regex", gguf_pattern("qwen2")->patterns.front()}};
    json split = {{"type", "Split"}, {"pattern", pattern}, {"behavior", "Isolated"}, {"invert", false}};
    words = {{"type", "Sequence"}, {"pretokenizers", json::array({std::move(split), std::move(words)})}};
    normalizer = {{"type", "NFC"}};
  }
  return {{"added_tokens", std::move(added)},
          {"normalizer", std::move(normalizer)},
          {"pre_tokenizer", std::move(words)},
          {"decoder", {{"type", "ByteLevel"}, {"add_prefix_space", true}, {"trim_offsets", true}}},
          {"model", {{"type", "BPE"}, {"vocab", std::move(vocab)}, {"merges", std::move(merges)}}}};
}

}  // namespace

json vocab_tokenizer_json(const HfFolder& folder, const json& config) {
  const std::string path = folder.tokenizer.vocab.string();
  json vocab = read_json_file(folder.tokenizer.vocab), merges = read_merges(folder.tokenizer.merges);
  if (!vocab.is_object()) fail_tokenizer(path, "it is no JSON object");
  std::string kind = string_field(config, "tokenizer_class", "", path);
  if (kind.ends_with("Fast")) kind.resize(kind.size() - 4);
  const bool words_end = vocab.contains("</w>") || vocab.contains("!</w>");
  if (kind == "CLIPTokenizer" || (kind.empty() && words_end)) {
    return clip(std::move(vocab), std::move(merges), read_special_tokens(folder), path);
  }
  const bool qwen = kind == "Qwen2Tokenizer";
  if (!qwen && kind != "GPT2Tokenizer") {
    throw Error(ErrorCategory::unsupported, "cannot load tokenizer", path,
                kind.empty() ? "nothing says how texts are split" : "a " + kind + " without tokenizer.json is not read",
                "save the tokenizer again with a newer version of transformers, or put its tokenizer.json there");
  }
  const bool space_in_front = bool_field(config, "add_prefix_space", false, path);
  return byte_pairs(std::move(vocab), std::move(merges), added_tokens(folder.tokenizer.added_tokens), qwen,
                    space_in_front);
}

}  // namespace diptych
