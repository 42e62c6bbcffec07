// Adapters on a loaded model: any number at once, each at a strength of its own, changed at will between forwards
// without loading the model again.
//
// Two ways lead to the same result. Merged, an adapter is added to the packed weights, which then cost what they did;
// the original values are read from the model's file again when strengths change, so that nothing adds up and removal
// is exact. On the fly, its factors are multiplied beside the weight, which may be block-quantized, or streamed from
// its file (engine/ops/adapter.h).
//
// Strengths multiply what an adapter adds. With DoRA the norm is that of the weight with what is added, at that
// strength (as PEFT has it); several that change one weight add up what each would change alone, whatever their order.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>

#include "engine/core/context.h"
#include "engine/model/adapter_file.h"
#include "engine/model/weight_targets.h"

namespace diptych {

// A component of the model with the weights that its loading noted.
struct ModelPart {
  std::string component;  // "model" (a language model), "denoiser", "text_encoder", "text_encoder_2", …
  std::shared_ptr<WeightTargets> targets;
};

struct AdapterUse {
  std::shared_ptr<const Adapter> adapter;
  double scale = 1;               // of what changes the denoiser or language model
  double text_encoder_scale = 1;  // of what changes text encoders
};

enum class AdapterMode {
  automatic,  // merged into f32 weights, which is exact; on the fly elsewhere
  merged,  // into f16 and bf16 weights, too, rounded to their type; on the fly over block-quantized and streamed ones
  on_the_fly,
};

struct AdapterReport {
  std::map<std::string, int64_t> absent;  // layers by component, where `parts` has not got it: left out
};

// The model has these adapters, and no others, from now on. Error: invalid_argument names the layers that the model
// does not have or has in another shape, invalid_file a layer whose tensors do not belong together, and the model is as
// it was; out_of_memory or cancelled while they are applied: the model is without adapters.
AdapterReport apply_adapters(Context& ctx, std::span<const ModelPart> parts, std::span<const AdapterUse> uses,
                             AdapterMode mode = AdapterMode::automatic);

}  // namespace diptych
