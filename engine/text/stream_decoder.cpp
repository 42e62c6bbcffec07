#include "engine/text/stream_decoder.h"

#include "engine/text/unicode.h"

namespace diptych {

StreamDecoder::StreamDecoder(std::shared_ptr<const Tokenizer> tokenizer, bool continues)
    : tokenizer_(std::move(tokenizer)), at_start_(!continues) {}

std::string StreamDecoder::push(int32_t id) {
  if (tokenizer_->is_control(id)) return {};
  std::string_view bytes = tokenizer_->token_bytes(id);
  if (at_start_ && !bytes.empty()) {
    if (tokenizer_->drops_leading_space() && bytes.front() == ' ') bytes.remove_prefix(1);
    at_start_ = false;
  }
  pending_ += bytes;
  std::string out;
  size_t at = 0;
  while (at < pending_.size()) {
    const Utf8Step step = utf8_step(pending_, at);
    if (step.truncated) break;
    append_utf8(out, step.c);
    at += step.bytes;
  }
  pending_.erase(0, at);
  return out;
}

std::string StreamDecoder::finish() {
  std::string out = lossy_utf8(pending_);
  pending_.clear();
  return out;
}

}  // namespace diptych
