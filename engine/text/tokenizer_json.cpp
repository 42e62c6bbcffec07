#include "engine/text/tokenizer_json.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "engine/text/bpe_model.h"
#include "engine/text/tokenizer_fields.h"
#include "engine/text/unigram_model.h"

namespace diptych {
namespace {

using nlohmann::json;

constexpr std::string_view space_marker = "▁";

// Ids may leave gaps, but not so many that a small file asks for much memory.
int64_t id_limit(size_t tokens) {
  return static_cast<int64_t>(4 * tokens) + (1 << 18);
}

int32_t checked_id(const json& value, int64_t limit, const std::string& path) {
  if (!value.is_number_integer()) fail_tokenizer(path, "a token's id is no whole number");
  const int64_t id = value.get<int64_t>();
  if (id < 0 || id >= limit) fail_tokenizer(path, "the token id " + std::to_string(id) + " is out of range");
  return static_cast<int32_t>(id);
}

std::unique_ptr<Vocabulary> parse_vocabulary(const json& model, const std::string& path) {
  const auto vocab = model.find("vocab");
  if (vocab == model.end() || !vocab->is_object()) fail_tokenizer(path, "its model has no vocabulary");
  std::vector<std::string> texts;
  texts.reserve(vocab->size());
  const int64_t limit = id_limit(vocab->size());
  for (const auto& [text, value] : vocab->items()) {
    const int32_t id = checked_id(value, limit, path);
    if (id >= static_cast<int32_t>(texts.size())) texts.resize(id + 1);
    if (!texts[id].empty()) fail_tokenizer(path, "two tokens have the id " + std::to_string(id));
    texts[id] = text;
  }
  return std::make_unique<Vocabulary>(std::move(texts));
}

std::pair<std::string, std::string> merge_of(const json& merge, const std::string& path) {
  if (merge.is_array() && merge.size() == 2 && merge[0].is_string() && merge[1].is_string())
    return {merge[0].get<std::string>(), merge[1].get<std::string>()};
  if (merge.is_string()) {
    const std::string text = merge.get<std::string>();
    const size_t space = text.find(' ');
    if (space != text.npos && text.find(' ', space + 1) == text.npos)
      return {text.substr(0, space), text.substr(space + 1)};
  }
  fail_tokenizer(path, "a merge is no pair of tokens");
}

struct Merges {
  MergeTable table;
  bool marker_safe = true;
};

Merges parse_merges(const json& model, const Vocabulary& vocabulary, const BpeOptions& options,
                    const std::string& path) {
  Merges merges;
  const json& list = array_field(model, "merges", path);
  merges.table.reserve(list.size());
  uint32_t rank = 0;
  for (const json& entry : list) {
    const auto [left, right] = merge_of(entry, path);
    const auto token = [&](const std::string& text) {
      const auto id = vocabulary.find(text);
      if (!id) fail_tokenizer(path, "a merge names \"" + text + "\", which is no token");
      return *id;
    };
    const int32_t left_id = token(left), right_id = token(right);
    const std::string& prefix = options.continuing_subword_prefix;
    const std::string tail = right.starts_with(prefix) ? right.substr(prefix.size()) : right;
    merges.table.set(left_id, right_id, {rank++, token(left + tail)});
    merges.marker_safe = merges.marker_safe && (ends_with_marker(left) || !starts_with_marker(right));
  }
  return merges;
}

void parse_bpe(const json& model, TokenizerParts& parts, const std::string& path) {
  parts.vocabulary = parse_vocabulary(model, path);
  BpeOptions options;
  options.ignore_merges = bool_field(model, "ignore_merges", false, path);
  options.byte_fallback = bool_field(model, "byte_fallback", false, path);
  options.fuse_unk = bool_field(model, "fuse_unk", false, path);
  options.continuing_subword_prefix = string_field(model, "continuing_subword_prefix", "", path);
  options.end_of_word_suffix = string_field(model, "end_of_word_suffix", "", path);
  if (const std::string unk = string_field(model, "unk_token", "", path); !unk.empty()) {
    options.unk = parts.vocabulary->find(unk);
    if (!options.unk) fail_tokenizer(path, "its unknown token \"" + unk + "\" is not in the vocabulary");
  }
  Merges merges = parse_merges(model, *parts.vocabulary, options, path);
  parts.cut_before_marker = merges.marker_safe && !options.ignore_merges && parts.vocabulary->find(space_marker) &&
                            options.continuing_subword_prefix.empty() && options.end_of_word_suffix.empty();
  parts.model = std::make_unique<BpeModel>(*parts.vocabulary, std::move(merges.table), std::move(options));
}

// Its vocabulary is a list of [text, log-probability] in order of ids.
void parse_unigram(const json& model, TokenizerParts& parts, const std::string& path) {
  std::vector<std::string> texts;
  std::vector<double> scores;
  for (const json& entry : array_field(model, "vocab", path)) {
    if (!entry.is_array() || entry.size() != 2 || !entry[0].is_string() || !entry[1].is_number())
      fail_tokenizer(path, "an entry of its vocabulary is no pair of text and score");
    texts.push_back(entry[0].get<std::string>());
    scores.push_back(entry[1].get<double>());
  }
  parts.vocabulary = std::make_unique<Vocabulary>(std::move(texts));
  UnigramOptions options;
  options.byte_fallback = bool_field(model, "byte_fallback", false, path);
  if (const int64_t unk = integer_field(model, "unk_id", -1, path); unk >= 0)
    options.unk = checked_id(unk, parts.vocabulary->size(), path);
  parts.model = std::make_unique<UnigramModel>(*parts.vocabulary, std::move(scores), options);
}

void parse_model(const json& root, TokenizerParts& parts, const std::string& path) {
  const auto model = root.find("model");
  if (model == root.end() || !model->is_object()) fail_tokenizer(path, "it has no model");
  // Old files leave the type out.
  const bool has_list = model->contains("vocab") && (*model)["vocab"].is_array();
  const std::string type = string_field(*model, "type",
                                        model->contains("merges") ? "BPE"
                                        : has_list                ? "Unigram"
                                                                  : "unknown",
                                        path);
  if (type == "BPE") return parse_bpe(*model, parts, path);
  if (type == "Unigram") return parse_unigram(*model, parts, path);
  fail_unsupported(path, "its model \"" + type + "\" is not read yet; BPE and Unigram are");
}

void parse_added(const json& root, TokenizerParts& parts, const std::string& path) {
  const auto list = root.find("added_tokens");
  if (list == root.end() || list->is_null()) return;
  if (!list->is_array()) fail_tokenizer(path, "\"added_tokens\" is no list");
  const int64_t limit = id_limit(static_cast<size_t>(parts.vocabulary->size()) + list->size());
  for (const json& entry : *list) {
    AddedToken token{};
    token.content = string_field(entry, "content", "", path);
    const auto id = entry.find("id");
    if (id == entry.end()) fail_tokenizer(path, "the added token \"" + token.content + "\" has no id");
    token.id = checked_id(*id, limit, path);
    token.special = bool_field(entry, "special", false, path);
    token.lstrip = bool_field(entry, "lstrip", false, path);
    token.rstrip = bool_field(entry, "rstrip", false, path);
    token.single_word = bool_field(entry, "single_word", false, path);
    token.normalized = bool_field(entry, "normalized", !token.special, path);
    if (!token.content.empty()) parts.added.push_back(std::move(token));
  }
}

// {"SpecialToken": {"id": "<s>"}}, {"Sequence": {"id": "A"}}
void parse_template(const json& value, TokenizerParts& parts, const std::string& path) {
  const auto specials = value.find("special_tokens");
  bool behind = false;
  for (const json& piece : array_field(value, "single", path)) {
    if (!piece.is_object()) fail_tokenizer(path, "a piece of the post-processor's template is no object");
    if (piece.contains("Sequence")) {
      behind = true;
      continue;
    }
    const auto special = piece.find("SpecialToken");
    if (special == piece.end()) fail_tokenizer(path, "a piece of the post-processor's template is of no known kind");
    const std::string name = string_field(*special, "id", "", path);
    if (specials == value.end() || !specials->is_object() || !specials->contains(name))
      fail_tokenizer(path, "the post-processor names \"" + name + "\" without its id");
    for (const json& id : array_field((*specials)[name], "ids", path))
      (behind ? parts.after : parts.before).push_back(checked_id(id, 1 << 30, path));
  }
}

void parse_post_processor(const json& value, TokenizerParts& parts, const std::string& path) {
  if (value.is_null()) return;
  const std::string type = type_of(value, path);
  if (type == "Sequence") {
    for (const json& step : array_field(value, "processors", path)) parse_post_processor(step, parts, path);
  } else if (type == "TemplateProcessing") {
    parse_template(value, parts, path);
  } else if (type == "BertProcessing" || type == "RobertaProcessing") {
    // ["<s>", 0]
    const auto id_of = [&](const char* name) {
      const json& pair = array_field(value, name, path);
      if (pair.size() != 2) fail_tokenizer(path, std::string(name) + " is no pair of text and id");
      return checked_id(pair[1], 1 << 30, path);
    };
    parts.before.push_back(id_of("cls"));
    parts.after.push_back(id_of("sep"));
  } else if (type != "ByteLevel") {  // ByteLevel only moves offsets
    fail_unsupported(path, "its post-processor \"" + type + "\" is not read yet");
  }
}

}  // namespace

bool ends_with_marker(std::string_view text) {
  return text.ends_with(space_marker);
}

bool starts_with_marker(std::string_view text) {
  return text.starts_with(space_marker);
}

TokenizerParts parse_tokenizer_json(const json& root, const std::string& path) {
  if (!root.is_object()) fail_tokenizer(path, "it is no JSON object");
  const auto part = [&](const char* name) -> const json& {
    static const json none;
    const auto found = root.find(name);
    return found == root.end() ? none : *found;
  };
  TokenizerParts parts;
  parse_model(root, parts, path);
  parse_added(root, parts, path);
  parts.normalizer = parse_normalizer(part("normalizer"), path);
  parts.pre_tokenizer = parse_pre_tokenizer(part("pre_tokenizer"), path);
  parts.decoder = parse_token_decoder(part("decoder"), path);
  // Files of CLIP leave its word ends to the program: transformers replaces them behind the byte-level decoder.
  const std::string suffix = string_field(part("model"), "end_of_word_suffix", "", path);
  const bool byte_level = part("decoder").is_object() && type_of(part("decoder"), path) == "ByteLevel";
  if (!suffix.empty() && byte_level) parts.decoder = make_word_end_decoder(std::move(parts.decoder), suffix);
  parse_post_processor(part("post_processor"), parts, path);
  return parts;
}

}  // namespace diptych
