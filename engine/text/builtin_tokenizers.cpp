#include "engine/text/builtin_tokenizers.h"

#include <nlohmann/json.hpp>
#include <string>

#include "engine/io/formats/gzip.h"
#include "engine/text/byte_level.h"
#include "engine/text/clip_json.h"
#include "engine/text/pipeline_tokenizer.h"
#include "engine/text/tokenizer_json.h"
#include "engine/text/unicode.h"

// The assembler copies the files into the program; the paths come from CMakeLists.txt.
asm(".pushsection .rodata\n"
    ".balign 16\n"
    "diptych_clip_merges_begin: .incbin \"" DIPTYCH_CLIP_MERGES
    "\"\n"
    "diptych_clip_merges_end:\n"
    "diptych_t5_json_begin: .incbin \"" DIPTYCH_T5_JSON
    "\"\n"
    "diptych_t5_json_end:\n"
    ".popsection\n");
extern "C" {
extern const std::byte diptych_clip_merges_begin[], diptych_clip_merges_end[], diptych_t5_json_begin[],
    diptych_t5_json_end[];
}

namespace diptych {
namespace {

using nlohmann::json;

// The vocabulary as simple_tokenizer.py of OpenAI's CLIP builds it: bytes in the order of their characters, the same
// at the end of a word, what each merge makes, and two control tokens.
json clip_json() {
  const std::string merges = gunzip({diptych_clip_merges_begin, diptych_clip_merges_end}, "CLIP's vocabulary");
  std::vector<std::string> tokens;
  for (const bool printable : {true, false}) {
    for (int byte = 0; byte < 256; ++byte) {
      const char c = static_cast<char>(byte);
      std::string text;
      append_byte_level(text, {&c, 1});
      const bool as_it_is = utf8_step(text, 0).c < 0x100;  // the others were given characters from U+0100 on
      if (as_it_is == printable) tokens.push_back(text);
    }
  }
  for (size_t i = 0; i < 256; ++i) tokens.push_back(tokens[i] + "</w>");
  json pairs = json::array();
  for (size_t at = 0; at < merges.size();) {
    const size_t end = merges.find('\n', at), space = merges.find(' ', at);
    const std::string left = merges.substr(at, space - at), right = merges.substr(space + 1, end - space - 1);
    pairs.push_back({left, right});
    tokens.push_back(left + right);
    at = end + 1;
  }
  tokens.emplace_back("<|startoftext|>");
  tokens.emplace_back("<|endoftext|>");
  json vocab = json::object();
  for (size_t id = 0; id < tokens.size(); ++id) vocab[tokens[id]] = id;
  return clip_tokenizer_json(std::move(vocab), std::move(pairs), {tokens[tokens.size() - 2], clip_vocabulary - 2},
                             {tokens.back(), clip_vocabulary - 1});
}

std::shared_ptr<const Tokenizer> make_clip_tokenizer() {
  TokenizerParts parts = parse_tokenizer_json(clip_json(), "CLIP's tokenizer");
  parts.bos = static_cast<int32_t>(clip_vocabulary) - 2;
  parts.eos = static_cast<int32_t>(clip_vocabulary) - 1;
  return make_pipeline_tokenizer(std::move(parts));
}

std::shared_ptr<const Tokenizer> make_t5_tokenizer() {
  const std::string text = gunzip({diptych_t5_json_begin, diptych_t5_json_end}, "T5's vocabulary");
  TokenizerParts parts = parse_tokenizer_json(json::parse(text), "T5's tokenizer");
  parts.eos = 1;
  return make_pipeline_tokenizer(std::move(parts));
}

}  // namespace

TextWindow clip_text_window(int32_t pad) {
  static const std::shared_ptr<const Tokenizer> tokenizer = make_clip_tokenizer();
  return {.tokenizer = tokenizer, .tokens = 77, .pad = pad};
}

TextWindow t5_text_window() {
  static const std::shared_ptr<const Tokenizer> tokenizer = make_t5_tokenizer();
  return {.tokenizer = tokenizer, .tokens = 512, .pad = 0};
}

}  // namespace diptych
