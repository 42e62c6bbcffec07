// A model's tokenizer and chat template by path: a GGUF file, a model folder, or a folder with tokenizer files only.
#pragma once

#include <filesystem>
#include <memory>
#include <nlohmann/json_fwd.hpp>

#include "engine/io/formats/gguf.h"
#include "engine/io/library/hf_folder.h"
#include "engine/text/tokenizer.h"

namespace diptych {

class ChatTemplate;

class TextSource {
 public:
  // Error (not_found, invalid_file).
  static TextSource open(const std::filesystem::path& path);

  std::shared_ptr<const Tokenizer> tokenizer() const;
  // nullptr: the model has none. See load_chat_template() and template_variables() in chat_template.h.
  std::shared_ptr<const ChatTemplate> chat_template(bool tools = false) const;
  nlohmann::ordered_json template_variables() const;

 private:
  std::shared_ptr<const GgufFile> gguf_;  // null: the folder
  HfFolder folder_;
};

}  // namespace diptych
