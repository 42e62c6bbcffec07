#include "engine/model/causal_lm.h"

#include "engine/core/error.h"

namespace diptych {
namespace {

[[noreturn]] void refuse(const CausalLm& model) {
  throw Error(ErrorCategory::unsupported, "cannot train", model.info().architecture,
              "it does not give its hidden states apart from its output layer", "choose another base model");
}

}  // namespace

Tensor CausalLm::hidden(Context&, const Batch&) const {
  refuse(*this);
}

const OutputHead& CausalLm::head() const {
  refuse(*this);
}

}  // namespace diptych
