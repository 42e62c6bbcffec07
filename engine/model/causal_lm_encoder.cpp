#include "engine/model/causal_lm_encoder.h"

#include <utility>

namespace diptych {
namespace {

class CausalLmEncoder final : public TextEncoder {
 public:
  explicit CausalLmEncoder(std::unique_ptr<CausalLm> model) : model_(std::move(model)) {
    const CausalLmInfo& lm = model_->info();
    info_ = {.architecture = lm.architecture,
             .layers = lm.layers,
             .hidden = lm.hidden,
             .vocab = lm.vocab,
             .max_tokens = lm.context_length,
             .projection = 0,
             .parameters = lm.parameters};
  }
  const TextEncoderInfo& info() const override { return info_; }
  TextEncoding forward(Context& ctx, const TextBatch& texts, bool with_hidden_states) const override {
    Batch batch = Batch::uniform(texts.ids, texts.rows);
    batch.key_limits = texts.lengths;
    HiddenStates taps{.states = {}, .logits = false};
    model_->forward(ctx, batch, nullptr, &taps);
    TextEncoding encoding;
    encoding.last = taps.states.back();
    if (with_hidden_states) encoding.hidden_states = std::move(taps.states);
    return encoding;
  }

 private:
  std::unique_ptr<CausalLm> model_;
  TextEncoderInfo info_;
};

}  // namespace

std::unique_ptr<TextEncoder> as_text_encoder(std::unique_ptr<CausalLm> model) {
  return std::make_unique<CausalLmEncoder>(std::move(model));
}

}  // namespace diptych
