// A decoder read for its hidden states, as newer image models are conditioned; its logits are not computed.
#pragma once

#include <memory>

#include "engine/model/causal_lm.h"
#include "engine/model/text_encoder.h"

namespace diptych {

std::unique_ptr<TextEncoder> as_text_encoder(std::unique_ptr<CausalLm> model);

}  // namespace diptych
