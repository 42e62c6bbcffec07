#include "engine/text/sentencepiece_model.h"

#include <bit>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "engine/io/files/mapped_file.h"
#include "engine/text/proto_fields.h"
#include "engine/text/tokenizer_fields.h"

namespace diptych {
namespace {

using nlohmann::json;

// sentencepiece_model.proto: numbers of fields, values of ModelProto.SentencePiece.Type and TrainerSpec.ModelType.
namespace field {
constexpr uint32_t pieces = 1, trainer = 2, normalizer = 3;
constexpr uint32_t piece_text = 1, piece_score = 2, piece_type = 3;
constexpr uint32_t trainer_kind = 3;
constexpr uint32_t normalizer_map = 2;
}  // namespace field
constexpr uint64_t unigram_kind = 1, unknown_piece = 2, control_piece = 3;

struct SentencePieces {
  json vocab = json::array();    // [text, score]
  std::vector<size_t> specials;  // control pieces and the unknown one
  size_t unknown = 0;
  uint64_t kind = unigram_kind;
  std::string_view character_map;
};

void add_piece(std::string_view message, const std::string& path, SentencePieces& model) {
  std::string text;
  float score = 0;
  uint64_t type = 1;
  read_proto(message, path, [&](const ProtoField& f) {
    if (f.number == field::piece_text) text = f.bytes;
    if (f.number == field::piece_score) score = std::bit_cast<float>(static_cast<uint32_t>(f.value));
    if (f.number == field::piece_type) type = f.value;
  });
  if (type == unknown_piece) model.unknown = model.vocab.size();
  if (type == unknown_piece || type == control_piece) model.specials.push_back(model.vocab.size());
  model.vocab.push_back({text, score});
}

SentencePieces read_pieces(std::string_view file, const std::string& path) {
  SentencePieces model;
  read_proto(file, path, [&](const ProtoField& f) {
    if (f.number == field::pieces) add_piece(f.bytes, path, model);
    if (f.number == field::trainer) {
      read_proto(f.bytes, path, [&](const ProtoField& inner) {
        if (inner.number == field::trainer_kind) model.kind = inner.value;
      });
    }
    if (f.number == field::normalizer) {
      read_proto(f.bytes, path, [&](const ProtoField& inner) {
        if (inner.number == field::normalizer_map) model.character_map = inner.bytes;
      });
    }
  });
  if (model.vocab.empty()) fail_tokenizer(path, "it holds no pieces");
  if (model.kind != unigram_kind) {
    fail_unsupported(path, "it is no Unigram model; others are read from tokenizer.json or GGUF files");
  }
  return model;
}

std::string base64(std::string_view bytes) {
  constexpr char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (size_t i = 0; i < bytes.size(); i += 3) {
    uint32_t bits = 0;
    for (size_t j = 0; j < 3; ++j) {
      bits = bits << 8 | (i + j < bytes.size() ? static_cast<uint8_t>(bytes[i + j]) : 0u);
    }
    for (size_t j = 0; j < 4; ++j) text += i + j <= bytes.size() ? digits[bits >> (18 - 6 * j) & 63] : '=';
  }
  return text;
}

json added_token(size_t id, const json& text) {
  return {{"id", id},        {"content", text},     {"single_word", false}, {"lstrip", false},
          {"rstrip", false}, {"normalized", false}, {"special", true}};
}

}  // namespace

json t5_tokenizer_json(const std::filesystem::path& spiece_model, int extra_ids) {
  const std::string path = spiece_model.string();
  const auto file = MappedFile::open(spiece_model);
  const auto bytes = file->bytes();
  SentencePieces model = read_pieces({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, path);

  json added = json::array();
  for (const size_t id : model.specials) added.push_back(added_token(id, model.vocab[id][0]));
  for (int i = extra_ids - 1; i >= 0; --i) {
    const std::string text = "<extra_id_" + std::to_string(i) + ">";
    added.push_back(added_token(model.vocab.size(), text));
    model.vocab.push_back({text, 0.0});
  }
  const json space = {{"type", "Metaspace"}, {"replacement", "▁"}, {"prepend_scheme", "always"}, {"split", true}};
  json root = {
      {"added_tokens", added},
      {"pre_tokenizer", {{"type", "Sequence"}, {"pretokenizers", json::array({{{"type", "WhitespaceSplit"}}, space})}}},
      {"decoder", space},
      {"model", {{"type", "Unigram"}, {"unk_id", model.unknown}, {"vocab", model.vocab}, {"byte_fallback", false}}}};
  if (!model.character_map.empty()) {
    root["normalizer"] = {{"type", "Precompiled"}, {"precompiled_charsmap", base64(model.character_map)}};
  }
  for (size_t id = 0; id < model.vocab.size(); ++id) {
    if (model.vocab[id][0] != "</s>") continue;
    root["post_processor"] = {
        {"type", "TemplateProcessing"},
        {"single", json::array({{{"Sequence", {{"id", "A"}, {"type_id", 0}}}},
                                {{"SpecialToken", {{"id", "</s>"}, {"type_id", 0}}}}})},
        {"special_tokens",
         {{"</s>", {{"id", "</s>"}, {"ids", json::array({id})}, {"tokens", json::array({"</s>"})}}}}}};
    break;
  }
  return root;
}

}  // namespace diptych
