#include "engine/text/special_tokens.h"

#include <nlohmann/json.hpp>

#include "engine/io/formats/json_text.h"
#include "engine/io/library/hf_folder.h"
#include "engine/text/tokenizer_fields.h"

namespace diptych {
namespace {

using nlohmann::json;

json read_object(const std::filesystem::path& path) {
  if (path.empty()) return json::object();
  json value = read_json_file(path);
  if (!value.is_object()) fail_tokenizer(path.string(), "it is no JSON object");
  return value;
}

// A token is written as its text or as {"content": text, …}.
std::string content_of(const json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_object() && value.contains("content") && value["content"].is_string())
    return value["content"].get<std::string>();
  return "";
}

void collect_tokens(const json& object, SpecialTokens& tokens) {
  for (const char* role :
       {"bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"}) {
    const auto found = object.find(role);
    if (found == object.end() || !tokens.text(role).empty()) continue;
    if (std::string text = content_of(*found); !text.empty()) tokens.by_role.emplace_back(role, std::move(text));
  }
  for (const char* name : {"additional_special_tokens", "extra_special_tokens"}) {
    const auto found = object.find(name);
    if (found == object.end() || !(found->is_array() || found->is_object())) continue;
    for (const json& value : *found) {
      if (std::string text = content_of(value); !text.empty()) tokens.additional.push_back(std::move(text));
    }
  }
}

}  // namespace

std::string SpecialTokens::text(std::string_view role) const {
  for (const auto& [name, text] : by_role) {
    if (name == role) return text;
  }
  return "";
}

json read_tokenizer_config(const HfFolder& folder) {
  return read_object(folder.tokenizer.tokenizer_config);
}

SpecialTokens read_special_tokens(const HfFolder& folder) {
  SpecialTokens tokens;
  collect_tokens(read_tokenizer_config(folder), tokens);
  collect_tokens(read_object(folder.tokenizer.special_tokens_map), tokens);
  return tokens;
}

}  // namespace diptych
