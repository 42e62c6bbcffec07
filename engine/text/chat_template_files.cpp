// Where models keep their chat templates, and the special tokens that templates name.
#include <algorithm>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <vector>

#include "engine/core/error.h"
#include "engine/io/files/atomic_file.h"
#include "engine/io/formats/gguf.h"
#include "engine/io/formats/json_text.h"
#include "engine/io/library/hf_folder.h"
#include "engine/text/chat_template.h"
#include "engine/text/special_tokens.h"
#include "engine/text/tokenizer_fields.h"

namespace diptych {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using nlohmann::ordered_json;

constexpr uint64_t max_file_bytes = 8u << 20;
constexpr const char* roles[] = {"bos", "eos", "unk", "pad", "sep", "cls", "mask", "eot", "eom"};

// A model's templates by name; "default" is the one without a name.
using Sources = std::map<std::string, std::string>;

std::shared_ptr<const ChatTemplate> choose(Sources sources, bool tools, const std::string& path) {
  if (sources.empty()) return nullptr;
  auto chosen = tools ? sources.find("tool_use") : sources.end();
  if (chosen == sources.end()) chosen = sources.find("default");
  if (chosen == sources.end()) {
    if (sources.size() > 1) {
      throw Error(ErrorCategory::unsupported, "cannot choose a chat template", path,
                  "it has several, and none is called 'default'", "name a template file instead");
    }
    chosen = sources.begin();
  }
  const std::string name = chosen->first == "default" ? path : path + " (" + chosen->first + ")";
  return ChatTemplate::parse(std::move(chosen->second), name);
}

// "chat_template": a text, or a list of {"name": …, "template": …}, or an object of texts by name.
void collect_sources(const json& value, const std::string& path, Sources& sources) {
  if (value.is_null()) return;
  if (value.is_string()) {
    sources["default"] = value.get<std::string>();
  } else if (value.is_array()) {
    for (const json& entry : value) {
      if (!entry.is_object()) fail_tokenizer(path, "\"chat_template\" lists something that is no object");
      const std::string name = string_field(entry, "name", "default", path);
      sources[name] = string_field(entry, "template", "", path);
    }
  } else if (value.is_object()) {
    for (const auto& [name, text] : value.items()) {
      if (!text.is_string()) fail_tokenizer(path, "\"chat_template\" has a template that is no string");
      sources[name] = text.get<std::string>();
    }
  } else {
    fail_tokenizer(path, "\"chat_template\" is neither a string nor a list");
  }
}

void collect_additional(const fs::path& folder, Sources& sources) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder / "additional_chat_templates", error)) {
    if (entry.path().extension() == ".jinja" && entry.is_regular_file(error))
      sources[entry.path().stem().string()] = read_text_file(entry.path(), max_file_bytes);
  }
}

}  // namespace

std::shared_ptr<const ChatTemplate> load_chat_template(const GgufFile& file, bool tools) {
  constexpr std::string_view key = "tokenizer.chat_template";
  Sources sources;
  for (const auto& [name, value] : file.metadata().values()) {
    if (!name.starts_with(key) || value.type != GgufType::string) continue;
    const std::string_view rest = std::string_view(name).substr(key.size());
    if (!rest.empty() && rest[0] != '.') continue;
    sources[rest.empty() ? "default" : std::string(rest.substr(1))] = *file.metadata().get_string(name);
  }
  return choose(std::move(sources), tools, file.path());
}

// As transformers does: files of their own win over tokenizer_config.json.
std::shared_ptr<const ChatTemplate> load_chat_template(const HfFolder& folder, bool tools) {
  const fs::path alone = folder.tokenizer.chat_template;
  const fs::path in_json = folder.path / "chat_template.json";
  std::error_code error;
  Sources sources;
  collect_additional(folder.path, sources);
  if (!alone.empty()) {
    sources["default"] = read_text_file(alone, max_file_bytes);
    return choose(std::move(sources), tools, alone.string());
  }
  if (sources.empty()) {
    const json config = read_tokenizer_config(folder);
    const std::string path = folder.tokenizer.tokenizer_config.string();
    if (const auto found = config.find("chat_template"); found != config.end()) collect_sources(*found, path, sources);
    if (!sources.empty()) return choose(std::move(sources), tools, path);
  }
  if (sources.empty() && fs::is_regular_file(in_json, error)) {
    const json value = read_json_file(in_json, max_file_bytes);
    if (!value.is_object()) fail_tokenizer(in_json.string(), "it is no JSON object");
    if (const auto found = value.find("chat_template"); found != value.end())
      collect_sources(*found, in_json.string(), sources);
  }
  return choose(std::move(sources), tools, in_json.string());
}

ordered_json template_variables(const GgufFile& file) {
  ordered_json variables = ordered_json::object();
  const auto tokens = file.metadata().get_strings("tokenizer.ggml.tokens");
  if (!tokens) return variables;
  for (const std::string role : roles) {
    auto id = file.metadata().get_u32("tokenizer.ggml." + role + "_token_id");
    if (!id && role == "unk") id = file.metadata().get_u32("tokenizer.ggml.unknown_token_id");
    if (!id && role == "pad") id = file.metadata().get_u32("tokenizer.ggml.padding_token_id");
    if (!id && role == "sep") id = file.metadata().get_u32("tokenizer.ggml.seperator_token_id");
    if (id && *id < tokens->size()) variables[role + "_token"] = std::string((*tokens)[*id]);
  }
  return variables;
}

ordered_json template_variables(const HfFolder& folder) {
  ordered_json variables = ordered_json::object();
  const SpecialTokens tokens = read_special_tokens(folder);
  for (const auto& [role, text] : tokens.by_role) variables[role] = text;
  return variables;
}

}  // namespace diptych
