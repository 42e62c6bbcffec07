// Texts as the encoders of image models read them: cut or padded to a fixed number of tokens.
#pragma once

#include <filesystem>
#include <memory>
#include <string_view>
#include <vector>

#include "engine/text/tokenizer.h"

namespace diptych {

class ChatTemplate;

struct TextWindow {
  std::shared_ptr<const Tokenizer> tokenizer;
  int64_t tokens = 77;                            // "model_max_length" of tokenizer_config.json
  int32_t pad = 0;                                // "pad_token"
  std::shared_ptr<const ChatTemplate> chat = {};  // of language models; null: the files have none

  struct Ids {
    std::vector<int32_t> ids;  // `tokens` of them
    int64_t length = 0;        // without the padding
  };
  // With the tokens that the model's files put around a text; a longer text loses its end, but not its last token,
  // which ends it. `tokens`: how many instead of the window's own number; 0: that.
  Ids fit(std::string_view text, int64_t tokens = 0) const;
};

// Of a folder with tokenizer files. Error as load_tokenizer.
TextWindow open_text_window(const std::filesystem::path& folder);
// Of a GGUF file, such as T5 encoders are kept in. Error as load_tokenizer.
TextWindow gguf_text_window(const GgufFile& file);

}  // namespace diptych
