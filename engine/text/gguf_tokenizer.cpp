// The tokenizer in a GGUF file's metadata.
#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "engine/core/error.h"
#include "engine/core/log.h"
#include "engine/io/formats/gguf.h"
#include "engine/text/bpe_model.h"
#include "engine/text/character_map.h"
#include "engine/text/gguf_patterns.h"
#include "engine/text/pipeline_tokenizer.h"
#include "engine/text/score_bpe_model.h"
#include "engine/text/tokenizer.h"
#include "engine/text/tokenizer_fields.h"
#include "engine/text/tokenizer_json.h"
#include "engine/text/unigram_model.h"

namespace diptych {
namespace {

enum TokenType : int64_t { normal = 1, unknown = 2, control = 3, user_defined = 4, unused = 5, byte = 6 };

struct Source {
  const GgufMetadata& metadata;
  std::string path;
  std::vector<std::string_view> texts;
  std::vector<int64_t> types;
};

Source read_source(const GgufFile& file) {
  Source source{file.metadata(), file.path(), {}, {}};
  auto texts = source.metadata.get_strings("tokenizer.ggml.tokens");
  if (!texts) {
    throw Error(ErrorCategory::not_found, "cannot load tokenizer", source.path, "the file has no tokenizer.ggml.tokens",
                "use a file that was converted together with its tokenizer");
  }
  source.texts = std::move(*texts);
  source.types = source.metadata.get_i64s("tokenizer.ggml.token_type").value_or(std::vector<int64_t>());
  if (source.types.empty()) source.types.assign(source.texts.size(), normal);
  if (source.types.size() != source.texts.size()) {
    fail_tokenizer(source.path, "there are " + std::to_string(source.texts.size()) + " tokens but " +
                                    std::to_string(source.types.size()) + " token types");
  }
  return source;
}

std::optional<int32_t> id_of(const Source& source, const char* key) {
  const auto id = source.metadata.get_i64(key);
  if (!id || *id < 0 || *id == 0xFFFFFFFF) return std::nullopt;
  if (*id >= static_cast<int64_t>(source.texts.size()))
    fail_tokenizer(source.path, std::string(key) + " is " + std::to_string(*id) + ", but there are only " +
                                    std::to_string(source.texts.size()) + " tokens");
  return static_cast<int32_t>(*id);
}

// Phi-3's tokens swallow the white space behind them; GGUF has no field for that.
bool strips_behind(const Source& source, std::string_view text) {
  std::string name(source.metadata.get_string("general.name").value_or(""));
  std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
  if (name.find("phi-3") == name.npos && name.find("phi3") == name.npos) return false;
  return text != "<unk>" && text != "<s>" && text != "<|endoftext|>";
}

void add_special(const Source& source, bool add_bos, bool add_eos, TokenizerParts& parts) {
  const GgufMetadata& metadata = source.metadata;
  parts.bos = id_of(source, "tokenizer.ggml.bos_token_id");
  parts.eos = id_of(source, "tokenizer.ggml.eos_token_id");
  if (metadata.get_bool("tokenizer.ggml.add_bos_token").value_or(add_bos) && parts.bos)
    parts.before.push_back(*parts.bos);
  if (metadata.get_bool("tokenizer.ggml.add_eos_token").value_or(add_eos) && parts.eos)
    parts.after.push_back(*parts.eos);
  for (const char* key :
       {"tokenizer.ggml.eos_token_id", "tokenizer.ggml.eot_token_id", "tokenizer.ggml.eom_token_id"}) {
    if (const auto id = id_of(source, key)) parts.end_of_generation.push_back(*id);
  }
  for (size_t id = 0; id < source.texts.size(); ++id) {
    const int64_t type = source.types[id];
    const bool forced = ends_generation(source.texts[id]);  // some files call these normal
    if (type == control || type == unknown) parts.control.push_back(static_cast<int32_t>(id));
    if ((type != control && type != unknown && type != user_defined && !forced) || source.texts[id].empty()) continue;
    AddedToken token{};
    token.id = static_cast<int32_t>(id);
    token.content = source.texts[id];
    token.special = type != user_defined || forced;
    token.rstrip = type != user_defined && strips_behind(source, source.texts[id]);
    parts.added.push_back(std::move(token));
  }
}

std::unique_ptr<Vocabulary> make_vocabulary(const Source& source) {
  return std::make_unique<Vocabulary>(std::vector<std::string>(source.texts.begin(), source.texts.end()));
}

MergeTable read_merges(const Source& source, const Vocabulary& vocabulary, bool& marker_safe) {
  const auto merges = source.metadata.get_strings("tokenizer.ggml.merges");
  if (!merges) fail_tokenizer(source.path, "it has no tokenizer.ggml.merges");
  MergeTable table;
  table.reserve(merges->size());
  uint32_t rank = 0;
  for (const std::string_view merge : *merges) {
    // A token may hold a space itself only at its start.
    const size_t space = merge.find(' ', 1);
    if (space == merge.npos) fail_tokenizer(source.path, "the merge \"" + std::string(merge) + "\" is no pair");
    const std::string_view left = merge.substr(0, space), right = merge.substr(space + 1);
    const auto left_id = vocabulary.find(left), right_id = vocabulary.find(right);
    const auto joint = vocabulary.find(std::string(left) + std::string(right));
    if (left_id && right_id && joint) table.set(*left_id, *right_id, {rank, *joint});
    ++rank;
    marker_safe = marker_safe && (ends_with_marker(left) || !starts_with_marker(right));
  }
  return table;
}

TokenizerParts byte_pair(const Source& source, std::string_view forced_pattern) {
  const std::string name(forced_pattern.empty() ? source.metadata.get_string("tokenizer.ggml.pre").value_or("")
                                                : forced_pattern);
  auto pattern = gguf_pattern(name);
  if (!pattern) {
    log_warning(source.path + ": the pre-tokenizer \"" + name + "\" is not known; text is split as GPT-2 does");
    pattern = gguf_pattern("gpt-2");
  }
  TokenizerParts parts;
  parts.vocabulary = make_vocabulary(source);
  bool marker_safe = true;
  BpeOptions options;
  options.ignore_merges = pattern->ignore_merges;
  options.byte_fallback = !pattern->byte_level;
  options.fuse_unk = true;
  if (!pattern->byte_level) options.unk = id_of(source, "tokenizer.ggml.unknown_token_id");
  MergeTable merges = read_merges(source, *parts.vocabulary, marker_safe);
  parts.cut_before_marker = !pattern->byte_level && marker_safe && parts.vocabulary->find("▁");
  parts.model = std::make_unique<BpeModel>(*parts.vocabulary, std::move(merges), options);
  parts.pre_tokenizer = make_pattern_splits(pattern->patterns, pattern->byte_level, source.path);
  if (pattern->byte_level) {
    parts.decoder = make_byte_level_decoder();
  } else {
    parts.normalizer = make_replace(" ", "▁");
    parts.decoder = make_sentencepiece_decoder(false);
  }
  add_special(source, pattern->add_bos.value_or(false), false, parts);
  return parts;
}

// True where some token has a "▁" behind another character.
bool has_inner_marker(std::string_view text) {
  constexpr std::string_view marker = "▁";
  for (size_t at = text.find(marker, 1); at != text.npos; at = text.find(marker, at + 1)) {
    if (!text.substr(0, at).ends_with(marker)) return true;
  }
  return false;
}

TokenizerParts sentencepiece(const Source& source) {
  auto scores = source.metadata.get_f32s("tokenizer.ggml.scores");
  if (!scores || scores->size() != source.texts.size()) fail_tokenizer(source.path, "it has no score for each token");
  std::vector<bool> mergeable(source.texts.size());
  bool marker_safe = true;
  for (size_t id = 0; id < mergeable.size(); ++id) {
    if (std::isnan((*scores)[id])) fail_tokenizer(source.path, "a token's score is no number");
    mergeable[id] = source.types[id] == normal || source.types[id] == user_defined || source.types[id] == unused;
    marker_safe = marker_safe && !(mergeable[id] && has_inner_marker(source.texts[id]));
  }
  TokenizerParts parts;
  parts.vocabulary = make_vocabulary(source);
  parts.cut_before_marker = marker_safe && parts.vocabulary->find("▁");
  const int32_t unk = id_of(source, "tokenizer.ggml.unknown_token_id").value_or(-1);
  parts.model = std::make_unique<ScoreBpeModel>(*parts.vocabulary, std::move(*scores), std::move(mergeable), unk);
  const bool prefix = source.metadata.get_bool("tokenizer.ggml.add_space_prefix").value_or(true);
  std::vector<std::unique_ptr<Normalizer>> steps;
  if (source.metadata.get_bool("tokenizer.ggml.remove_extra_whitespaces").value_or(false))
    steps.push_back(make_space_collapse());
  if (prefix) steps.push_back(make_prepend("▁"));
  steps.push_back(make_replace(" ", "▁"));
  parts.normalizer = make_normalizer_sequence(std::move(steps));
  parts.decoder = make_sentencepiece_decoder(prefix);
  add_special(source, true, false, parts);
  return parts;
}

// T5's: the character map of its SentencePiece model, words cut at white space, each with a "▁" in front.
TokenizerParts unigram(const Source& source) {
  const auto scores = source.metadata.get_f32s("tokenizer.ggml.scores");
  if (!scores || scores->size() != source.texts.size()) fail_tokenizer(source.path, "it has no score for each token");
  std::vector<double> known(scores->begin(), scores->end());
  for (size_t id = 0; id < known.size(); ++id) {
    if (std::isnan(known[id])) fail_tokenizer(source.path, "a token's score is no number");
    const int64_t type = source.types[id];
    if (type != normal && type != user_defined) known[id] = std::numeric_limits<double>::quiet_NaN();
  }
  TokenizerParts parts;
  parts.vocabulary = make_vocabulary(source);
  const UnigramOptions options{.unk = id_of(source, "tokenizer.ggml.unknown_token_id"), .byte_fallback = false};
  parts.model = std::make_unique<UnigramModel>(*parts.vocabulary, std::move(known), options);
  if (const auto map = source.metadata.get_i64s("tokenizer.ggml.precompiled_charsmap"); map && !map->empty()) {
    std::string blob;
    for (const int64_t byte : *map) blob.push_back(static_cast<char>(byte));
    parts.normalizer = make_character_map(blob, source.path);
  }
  const bool prefix = source.metadata.get_bool("tokenizer.ggml.add_space_prefix").value_or(true);
  const nlohmann::json marker = {
      {"type", "Metaspace"}, {"replacement", "▁"}, {"prepend_scheme", prefix ? "always" : "never"}, {"split", true}};
  parts.pre_tokenizer = parse_pre_tokenizer(
      {{"type", "Sequence"}, {"pretokenizers", nlohmann::json::array({{{"type", "WhitespaceSplit"}}, marker})}},
      source.path);
  parts.decoder = make_sentencepiece_decoder(prefix);
  add_special(source, false, true, parts);
  return parts;
}

}  // namespace

std::shared_ptr<const Tokenizer> load_tokenizer(const GgufFile& file) {
  const std::string model(file.metadata().get_string("tokenizer.ggml.model").value_or(""));
  if (model.empty()) {
    throw Error(ErrorCategory::not_found, "cannot load tokenizer", file.path(), "the file has no tokenizer.ggml.model",
                "use a file that was converted together with its tokenizer");
  }
  if (model == "gpt2") return make_pipeline_tokenizer(byte_pair(read_source(file), ""));
  if (model == "gemma4") return make_pipeline_tokenizer(byte_pair(read_source(file), "gemma4"));
  if (model == "llama") return make_pipeline_tokenizer(sentencepiece(read_source(file)));
  if (model == "t5") return make_pipeline_tokenizer(unigram(read_source(file)));
  fail_unsupported(file.path(), "its tokenizer model \"" + model + "\" is not read yet; gpt2, llama and t5 are");
}

}  // namespace diptych
