// The tokenizers that image models share: checkpoints of one file carry none. Their sources and licences stand in
// resources/tokenizers.
#pragma once

#include <cstdint>

#include "engine/text/text_window.h"

namespace diptych {

inline constexpr int64_t clip_vocabulary = 49408;
inline constexpr int64_t t5_vocabulary = 32128;  // of the published encoders; the last 28 stand for nothing

// CLIP's, 77 tokens, padded with `pad`: OpenAI's encoders with the end token, OpenCLIP's with 0, "!".
TextWindow clip_text_window(int32_t pad);
// T5's, padded with 0.
TextWindow t5_text_window();

}  // namespace diptych
