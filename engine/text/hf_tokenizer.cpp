// The tokenizer of a Hugging Face folder: tokenizer.json, or the files before it, completed by tokenizer_config.json
// and its neighbours.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "engine/core/error.h"
#include "engine/io/formats/json_text.h"
#include "engine/io/library/hf_folder.h"
#include "engine/text/sentencepiece_model.h"
#include "engine/text/special_tokens.h"
#include "engine/text/tokenizer.h"
#include "engine/text/tokenizer_fields.h"
#include "engine/text/tokenizer_json.h"
#include "engine/text/vocab_files.h"

namespace diptych {
namespace {

using nlohmann::json;

std::optional<int32_t> find_token(const TokenizerParts& parts, std::string_view text) {
  for (const AddedToken& token : parts.added) {
    if (token.content == text) return token.id;
  }
  return parts.vocabulary->find(text);
}

// Tokens of the configuration that tokenizer.json does not list.
void add_from_config(const json& config, TokenizerParts& parts, const std::string& path) {
  const auto listed = config.find("added_tokens_decoder");
  if (listed == config.end() || !listed->is_object()) return;
  const size_t limit = static_cast<size_t>(parts.vocabulary->size()) + parts.added.size() + listed->size() + (1 << 18);
  for (const auto& [key, value] : listed->items()) {
    const bool digits = !key.empty() && key.size() < 9 && key.find_first_not_of("0123456789") == key.npos;
    if (!digits) fail_tokenizer(path, "the added token id \"" + key + "\" is no number");
    const int32_t id = std::stoi(key);
    if (static_cast<size_t>(id) >= limit) fail_tokenizer(path, "the added token id " + key + " is out of range");
    AddedToken token{};
    token.id = id;
    token.content = string_field(value, "content", "", path);
    token.special = bool_field(value, "special", false, path);
    token.lstrip = bool_field(value, "lstrip", false, path);
    token.rstrip = bool_field(value, "rstrip", false, path);
    token.single_word = bool_field(value, "single_word", false, path);
    token.normalized = bool_field(value, "normalized", !token.special, path);
    const auto same = [&](const AddedToken& other) { return other.id == id || other.content == token.content; };
    if (!token.content.empty() && std::none_of(parts.added.begin(), parts.added.end(), same))
      parts.added.push_back(std::move(token));
  }
}

// A named special token is recognised as a whole even where it stands in the plain vocabulary only.
void add_named(const SpecialTokens& named, TokenizerParts& parts) {
  const auto add = [&](const std::string& text) {
    const auto listed = std::find_if(parts.added.begin(), parts.added.end(),
                                     [&](const AddedToken& token) { return token.content == text; });
    if (listed != parts.added.end()) {
      listed->special = true;
      return;
    }
    const auto id = parts.vocabulary->find(text);
    if (!id) return;
    AddedToken token{};
    token.id = *id;
    token.content = text;
    token.special = true;
    parts.added.push_back(std::move(token));
  };
  for (const auto& [role, text] : named.by_role) add(text);
  for (const std::string& text : named.additional) add(text);
}

void collect_ids(const json* object, const char* name, std::vector<int32_t>& out) {
  if (object == nullptr || !object->is_object()) return;
  const auto value = object->find(name);
  if (value == object->end()) return;
  const auto take = [&](const json& id) {
    if (id.is_number_integer() && id.get<int64_t>() >= 0 && id.get<int64_t>() < (1 << 30))
      out.push_back(id.get<int32_t>());
  };
  if (value->is_array()) {
    for (const json& id : *value) take(id);
  } else {
    take(*value);
  }
}

// Sentinels of a T5, which its SentencePiece file does not hold.
int extra_ids_of(const json& config) {
  const auto found = config.find("extra_ids");
  if (found == config.end() || !found->is_number_integer()) return 100;
  return static_cast<int>(std::clamp<int64_t>(found->get<int64_t>(), 0, 10000));
}

// What tokenizer.json says, or would say, and the file that it is of.
std::pair<json, std::string> tokenizer_json_of(const HfFolder& folder, const json& config) {
  const TokenizerFiles& files = folder.tokenizer;
  if (!files.tokenizer_json.empty()) return {read_json_file(files.tokenizer_json), files.tokenizer_json.string()};
  if (!files.t5_pieces.empty()) {
    return {t5_tokenizer_json(files.t5_pieces, extra_ids_of(config)), files.t5_pieces.string()};
  }
  return {vocab_tokenizer_json(folder, config), files.vocab.string()};
}

}  // namespace

std::shared_ptr<const Tokenizer> load_tokenizer(const HfFolder& folder) {
  const TokenizerFiles& files = folder.tokenizer;
  const json config = read_tokenizer_config(folder);
  if (files.tokenizer_json.empty() && files.t5_pieces.empty() && files.vocab.empty()) {
    if (!files.sentencepiece_model.empty()) {
      fail_unsupported(files.sentencepiece_model.string(),
                       "a SentencePiece model without tokenizer.json is read for T5 only");
    }
    throw Error(ErrorCategory::not_found, "cannot load tokenizer", folder.path.string(),
                "the folder has no tokenizer.json", "download the model's tokenizer files into the folder");
  }
  const auto [root, path] = tokenizer_json_of(folder, config);
  TokenizerParts parts = parse_tokenizer_json(root, path);
  const SpecialTokens named = read_special_tokens(folder);
  add_from_config(config, parts, files.tokenizer_config.string());
  add_named(named, parts);
  parts.bos = find_token(parts, named.text("bos_token"));
  parts.eos = find_token(parts, named.text("eos_token"));
  if (parts.eos) parts.end_of_generation.push_back(*parts.eos);
  collect_ids(folder.generation_config.get(), "eos_token_id", parts.end_of_generation);
  collect_ids(folder.config.get(), "eos_token_id", parts.end_of_generation);
  // As transformers: flags in the configuration replace the post-processor.
  if (config.contains("add_bos_token") || config.contains("add_eos_token")) {
    const std::string where = files.tokenizer_config.string();
    parts.before.clear();
    parts.after.clear();
    if (bool_field(config, "add_bos_token", false, where) && parts.bos) parts.before.push_back(*parts.bos);
    if (bool_field(config, "add_eos_token", false, where) && parts.eos) parts.after.push_back(*parts.eos);
  }
  return make_pipeline_tokenizer(std::move(parts));
}

}  // namespace diptych
