// A tokenizer.json in one line with the text behind it, or a GGUF file and a text of ours. Any file is a tokenizer or
// an Error; any text encodes and decodes to valid UTF-8, all at once and token by token.
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/error.h"
#include "engine/io/formats/gguf.h"
#include "engine/io/formats/json_text.h"
#include "engine/text/pipeline_tokenizer.h"
#include "engine/text/stream_decoder.h"
#include "engine/text/tokenizer_json.h"
#include "engine/text/unicode.h"

namespace {

using namespace diptych;

std::shared_ptr<const Tokenizer> from_gguf(std::string_view input) {
  std::vector<std::byte> bytes(input.size());
  std::memcpy(bytes.data(), input.data(), input.size());
  return load_tokenizer(*GgufFile::parse(MappedFile::adopt(std::move(bytes), "fuzz.gguf")));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const size_t line = input.find('\n');
  std::string text = "Grüße, 世界 🎉 <s>\xE2\x82 it's 1234\n\n  x";
  try {
    std::shared_ptr<const Tokenizer> tokenizer;
    if (input.starts_with("GGUF")) {
      tokenizer = from_gguf(input);
    } else {
      tokenizer = make_pipeline_tokenizer(parse_tokenizer_json(parse_json(input.substr(0, line), "fuzz"), "fuzz"));
      if (line != input.npos) text = input.substr(line + 1, 4096);
    }
    for (const bool special : {false, true}) {
      const std::vector<int32_t> ids = tokenizer->encode(text, {special, special});
      for (const int32_t id : ids) {
        if (id < 0 || id >= tokenizer->vocab_size()) std::abort();
      }
      const std::string decoded = tokenizer->decode(ids);
      if (lossy_utf8(decoded) != decoded) std::abort();
      StreamDecoder stream(tokenizer);
      std::string streamed;
      for (const int32_t id : ids) {
        const std::string piece = stream.push(id);
        if (lossy_utf8(piece) != piece) std::abort();
        streamed += piece;
      }
      streamed += stream.finish();
      if (lossy_utf8(streamed) != streamed) std::abort();
    }
  } catch (const Error&) {
  }
  return 0;
}
