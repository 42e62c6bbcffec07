#include "models/common/decoder_weights.h"

#include "engine/core/log.h"

namespace diptych::models {

DecoderWeights::DecoderWeights(Context& ctx, const ModelSource& source, const LoadOptions& options)
    : loader_(ctx, source.weights, options), gguf_(source.gguf != nullptr) {
  if (gguf_) return;
  prefix_ = "model.";
  // The bare decoder is saved without "model."; models that also see images wrap it.
  for (const char* known : {"model.", "", "language_model.model.", "model.language_model."}) {
    if (loader_.contains(std::string(known) + "embed_tokens.weight")) prefix_ = known;
  }
}

std::string DecoderWeights::layer(const LayerName& name, int64_t index) const {
  const std::string number = std::to_string(index);
  return gguf_ ? "blk." + number + "." + name.gguf : prefix_ + "layers." + number + "." + name.hf;
}

std::string DecoderWeights::root(const char* gguf, const char* hf) const {
  return gguf_ ? gguf : prefix_ + hf;
}

Tensor DecoderWeights::norm(const LayerName& name, int64_t index, int64_t n, float offset) {
  return loader_.vector(layer(name, index) + ".weight", n, offset);
}

Linear DecoderWeights::linear(const std::vector<Part>& parts, int64_t index, int64_t cols) {
  std::vector<WeightLoader::Part> named;
  for (const Part& part : parts) {
    named.push_back({layer(part.name, index), part.rows});
    name_for_adapters(part.name, index);
  }
  return loader_.linear(named, cols);
}

Linear DecoderWeights::expert_linear(const std::vector<Part>& parts, int64_t index, int64_t expert, int64_t experts,
                                     int64_t cols) {
  std::vector<WeightLoader::Part> named;
  for (const Part& part : parts) {
    if (gguf_) {
      named.push_back({.name = layer(part.name, index),
                       .rows = part.rows,
                       .first_row = expert * part.rows,
                       .rows_of_all = experts * part.rows});
    } else {
      const std::string own = "mlp.experts." + std::to_string(expert) + "." + part.name.hf;
      named.push_back({.name = layer({part.name.gguf, own.c_str()}, index), .rows = part.rows});
    }
  }
  return loader_.linear(named, cols);
}

// As transformers calls it, whatever the file's own names are.
void DecoderWeights::name_for_adapters(const LayerName& name, int64_t index) {
  const std::string own = layer(name, index), hf = name.hf;
  const bool paired = hf == names::q.hf || hf == names::k.hf;
  for (const char* prefix : {"", "model."}) {
    const std::string usual = prefix + ("layers." + std::to_string(index) + "." + hf);
    if (usual != own) loader_.also_named(usual, {own}, {.pair_heads_of = paired ? paired_head_dim_ : 0});
  }
}

int64_t DecoderWeights::vocabulary() const {
  return loader_.shape(root("token_embd.weight", "embed_tokens.weight"))[0];
}

Weight DecoderWeights::embeddings(int64_t vocab, int64_t hidden) {
  return loader_.matrix(root("token_embd.weight", "embed_tokens.weight"), vocab, hidden);
}

Tensor DecoderWeights::final_norm(int64_t hidden, float offset) {
  return loader_.vector(root("output_norm.weight", "norm.weight"), hidden, offset);
}

Linear DecoderWeights::output(const Weight& embeddings, bool tied) {
  const std::string own = gguf_ ? "output" : "lm_head";
  // transformers ignores a stored lm_head where the configuration ties it. A folder that says it has one of its own
  // must have it; GGUF files say it by having it.
  if (tied || (gguf_ && !loader_.contains(own + ".weight"))) return fine(Linear{{RowBlock{embeddings, {}}}});
  if (gguf_) loader_.also_named("lm_head", {own});
  return fine(loader_.linear({{own, embeddings.rows}}, embeddings.cols));
}

void DecoderWeights::finish() {
  const std::vector<std::string> unused = loader_.unused();
  if (unused.empty()) return;
  log_warning(loader_.path() + ": " + std::to_string(unused.size()) +
              " weights are not part of this architecture, the first is " + unused.front());
}

}  // namespace diptych::models
