// The text encoder of a CausalTextPixArtPipeline: the first layers of a language model, which lies beside other models
// and is not copied into the pipeline's folder.
//
// model_index.json says "text_encoder": {"model": NAME, "layer": L, "max_tokens": N}. NAME is a folder or file of the
// pipeline's folder, or a model of the library. A text is read as [bos, its first N tokens, eos]; the condition is what
// layer L puts out for each but bos, whose state is large and the same for every text. The empty text is thus one
// state.
#pragma once

#include <string>

#include "engine/diffusion/image_parts.h"
#include "engine/diffusion/text_parts.h"

namespace diptych::diffusion {

// Error: invalid_file (the entry is missing or no such thing, a vocabulary without bos or eos), not_found (the language
// model, with the way to get it), and as open_model.
ImageModelParts::Text open_causal_text(const PipelineFolder& folder, PartsDetail detail = PartsDetail::whole);

// The catalogue's name of the language model that reads the pipeline's prompts, where it is not there; else empty.
std::string missing_language_model(const PipelineFolder& folder);

// `tokens`: of each text; 0 or more than the pipeline reads: as many as that.
EncodedText encode_causal_text(Context& ctx, const TextPart& part, const EncoderTexts& texts, int64_t tokens);

}  // namespace diptych::diffusion
