#include "engine/text/text_window.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "engine/io/formats/gguf.h"
#include "engine/io/library/hf_folder.h"
#include "engine/text/chat_template.h"
#include "engine/text/special_tokens.h"

namespace diptych {
namespace {

constexpr int64_t largest_window = 1 << 16;  // transformers writes 1e30 where it knows no limit

}  // namespace

TextWindow::Ids TextWindow::fit(std::string_view text, int64_t wanted) const {
  const auto count = static_cast<size_t>(wanted > 0 ? wanted : tokens);
  Ids result;
  result.ids = tokenizer->encode(text, {.add_special = true, .parse_special = true});
  if (result.ids.size() > count) {
    const int32_t last = result.ids.back();
    result.ids.resize(count);
    result.ids.back() = last;
  }
  result.length = static_cast<int64_t>(result.ids.size());
  result.ids.resize(count, pad);
  return result;
}

TextWindow open_text_window(const std::filesystem::path& folder) {
  HfFolder files;
  files.path = folder;
  files.tokenizer = find_tokenizer_files(folder);
  TextWindow window;
  window.tokenizer = load_tokenizer(files);
  const nlohmann::json config = read_tokenizer_config(files);
  const auto length = config.find("model_max_length");
  if (length != config.end() && length->is_number() && length->get<double>() > 1) {
    window.tokens = static_cast<int64_t>(std::min(length->get<double>(), static_cast<double>(largest_window)));
  }
  const std::string pad = read_special_tokens(files).text("pad_token");
  window.pad = window.tokenizer->token_id(pad).value_or(window.tokenizer->eos().value_or(0));
  window.chat = load_chat_template(files);
  return window;
}

TextWindow gguf_text_window(const GgufFile& file) {
  TextWindow window;
  window.tokenizer = load_tokenizer(file);
  const auto context = file.metadata().get_i64(file.architecture() + ".context_length");
  window.tokens = std::clamp<int64_t>(context.value_or(512), 2, largest_window);
  const auto pad = file.metadata().get_i64("tokenizer.ggml.padding_token_id");
  const bool known = pad && *pad >= 0 && *pad < window.tokenizer->vocab_size();
  window.pad = known ? static_cast<int32_t>(*pad) : 0;
  window.chat = load_chat_template(file);
  return window;
}

}  // namespace diptych
