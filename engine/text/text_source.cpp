#include "engine/text/text_source.h"

#include <nlohmann/json.hpp>

#include "engine/text/chat_template.h"

namespace diptych {

TextSource TextSource::open(const std::filesystem::path& path) {
  TextSource source;
  std::error_code error;
  if (!std::filesystem::is_directory(path, error)) {
    source.gguf_ = GgufFile::open(path);
  } else if (is_hf_folder(path)) {
    source.folder_ = open_hf_folder(path);
  } else {
    source.folder_.path = path;
    source.folder_.tokenizer = find_tokenizer_files(path);
  }
  return source;
}

std::shared_ptr<const Tokenizer> TextSource::tokenizer() const {
  return gguf_ ? load_tokenizer(*gguf_) : load_tokenizer(folder_);
}

std::shared_ptr<const ChatTemplate> TextSource::chat_template(bool tools) const {
  return gguf_ ? load_chat_template(*gguf_, tools) : load_chat_template(folder_, tools);
}

nlohmann::ordered_json TextSource::template_variables() const {
  return gguf_ ? diptych::template_variables(*gguf_) : diptych::template_variables(folder_);
}

}  // namespace diptych
