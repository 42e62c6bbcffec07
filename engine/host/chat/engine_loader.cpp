#include "engine/host/chat/engine_loader.h"

#include <algorithm>
#include <numeric>

#include "engine/core/context.h"
#include "engine/host/chat/engine_text_model.h"
#include "engine/llm/generator.h"
#include "engine/model/kv_cache.h"
#include "engine/model/model_source.h"

namespace diptych::host {
namespace {

DType kv_dtype(const std::string& name) {
  return name == "f32" ? DType::f32 : DType::f16;
}

}  // namespace

TextDescription EngineLoader::describe(const std::filesystem::path& path) const {
  const ModelSource source = open_model(path);
  TextDescription description;
  description.name = source.name();
  description.architecture = source.architecture();
  description.quantization = source.quantization();
  description.parameters = source.weights->parameters();
  for (const auto& file : source.weights->files()) {
    description.size_bytes += static_cast<int64_t>(file->bytes().size());
  }
  Context meta(meta_device);
  description.context_length = registry_->load_causal_lm(meta, source)->info().context_length;
  return description;
}

MemoryPrediction EngineLoader::predict(const std::filesystem::path& path, const LoadSettings& settings) const {
  const ModelSource source = open_model(path);
  Context meta(meta_device, 1);
  const auto model = registry_->load_causal_lm(meta, source);
  const KvLayout layout = model->kv_layout(kv_dtype(settings.kv));
  const int64_t blocks = blocks_for(settings.context_tokens, layout);
  KvCache cache(meta, layout, blocks);
  KvSequence sequence;
  sequence.blocks.resize(static_cast<size_t>(blocks));
  std::iota(sequence.blocks.begin(), sequence.blocks.end(), 0);

  // The last chunk of a full context takes the most activations; a token at its begin shows what decoding reads.
  const auto run = [&](int64_t position, int64_t tokens) {
    sequence.length = position;
    Batch batch;
    batch.tokens.assign(static_cast<size_t>(tokens), 0);
    batch.positions.resize(static_cast<size_t>(tokens));
    std::iota(batch.positions.begin(), batch.positions.end(), static_cast<int32_t>(position));
    batch.sequence_offsets = {0, tokens};
    batch.kv = {&sequence};
    batch.output_rows = {static_cast<int32_t>(tokens - 1)};
    const Cost before = meta.cost();
    model->forward(meta, batch, &cache);
    return meta.cost() - before;
  };
  const int64_t chunk = std::min(prompt_chunk_tokens, settings.context_tokens);
  MemoryPrediction prediction;
  prediction.decode_bytes = run(0, 1).bytes();
  run(settings.context_tokens - chunk, chunk);
  prediction.memory_bytes = meta.arena()->use().total_peak_bytes;
  return prediction;
}

std::unique_ptr<TextModel> EngineLoader::load(const std::filesystem::path& path, const LoadSettings& settings,
                                              const std::function<void(double)>& progress,
                                              const CancelToken& cancel) const {
  ChatModelOptions options;
  options.context_tokens = settings.context_tokens;
  options.kv = kv_dtype(settings.kv);
  options.threads = threads_;
  options.load = {progress, cancel};
  options.adaptable = true;
  return std::make_unique<EngineTextModel>(ChatModel::load(*registry_, path, options));
}

}  // namespace diptych::host
