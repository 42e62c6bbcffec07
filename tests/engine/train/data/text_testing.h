// A small real tokenizer and the templates of the reference cases.
#pragma once

#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "engine/io/files/atomic_file.h"
#include "engine/text/text_source.h"
#include "engine/train/data/example_builder.h"
#include "tests/engine/io/io_testing.h"

namespace diptych::train {

inline std::filesystem::path golden_case(const std::string& name) {
  return std::filesystem::path(DIPTYCH_SOURCE_DIR) / "tests/golden/cases" / name;
}

// Of the SmolLM kind, with its end token named as a model's folder names it.
inline std::shared_ptr<const Tokenizer> small_tokenizer() {
  static const std::shared_ptr<const Tokenizer> tokenizer = [] {
    const testing::TemporaryFolder folder;
    std::filesystem::copy(golden_case("tokenizer_smollm_style") / "model/tokenizer.json", folder.path());
    write_text_file(folder / "tokenizer_config.json", R"({"eos_token": "<|endoftext|>"})");
    return TextSource::open(folder.path()).tokenizer();
  }();
  return tokenizer;
}

inline std::shared_ptr<const ChatTemplate> golden_template(const std::string& name) {
  return ChatTemplate::parse(read_text_file(golden_case(name) / "template.jinja"), name);
}

inline nlohmann::ordered_json golden_variables(const std::string& name) {
  return nlohmann::ordered_json::parse(read_text_file(golden_case(name) / "case.json"))["tokens"];
}

inline TextRecord chat_record(std::vector<Message> messages) {
  TextRecord record;
  record.shape = RecordShape::messages;
  record.messages = std::move(messages);
  return record;
}

inline TextRecord plain_record(std::string text) {
  TextRecord record;
  record.text = std::move(text);
  return record;
}

// What a sequence learns to say.
inline std::vector<int32_t> learnt(const TokenSequence& sequence) {
  std::vector<int32_t> tokens;
  for (const int32_t label : sequence.labels)
    if (label != no_label) tokens.push_back(label);
  return tokens;
}

}  // namespace diptych::train
