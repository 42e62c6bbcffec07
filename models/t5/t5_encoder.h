// T5's encoder (Raffel et al. 2020; v1.1: Shazeer 2020): PixArt, SD3 and FLUX read prompts with its XXL size.
#pragma once

#include "engine/model/registry.h"

namespace diptych::models {

// From a Hugging Face folder of T5EncoderModel or a GGUF file.
std::unique_ptr<TextEncoder> load_t5_encoder(Context& ctx, const ModelSource& source, const LoadOptions& options);

// Which of `buckets` learned biases belongs to a key `distance` tokens behind the query (negative: in front of it).
// Half of them stand for each side, half of those for single distances, the others for ranges that grow
// logarithmically up to max_distance. (Raffel et al. 2020, section 2.1; transformers' _relative_position_bucket.)
int32_t relative_position_bucket(int64_t distance, int64_t buckets, int64_t max_distance);

}  // namespace diptych::models
