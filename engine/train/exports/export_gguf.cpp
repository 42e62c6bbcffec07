// llama.cpp's adapters: "blk.3.attn_q.weight.lora_a" [rank, in] and ".lora_b" [out, rank], the rows of q and k in the
// order of the model's own file.
#include "engine/core/error.h"
#include "engine/io/formats/gguf_writer.h"
#include "engine/train/exports/adapter_export.h"
#include "engine/train/exports/export_tensors.h"

namespace diptych::train {
namespace {

[[noreturn]] void refuse_gguf(const std::string& thing, const std::string& why) {
  throw Error(ErrorCategory::unsupported, "cannot export adapter as GGUF", thing, why,
              "export it for PEFT, or merge it into the model");
}

void check_for_gguf(const TrainedAdapter& adapter) {
  if (adapter.layers.empty()) refuse_gguf("adapter", "it has no layers");
  if (adapter.method != AdapterMethod::lora) refuse_gguf("method", "llama.cpp knows LoRA alone");
  for (const TrainedLayer& layer : adapter.layers) {
    if (layer.component != "model") refuse_gguf(layer.layer, "llama.cpp's adapters are for language models");
    for (const auto& [part, value] : layer.parts) {
      if (part != "lora_down" && part != "lora_up") refuse_gguf(layer.layer, "llama.cpp knows no " + part);
      if (value.shape().rank() != 2) refuse_gguf(layer.layer, "it is no matrix");
    }
  }
}

}  // namespace

void export_gguf_adapter(const std::filesystem::path& file, const TrainedAdapter& adapter,
                         const GgufAdapterOptions& options) {
  check_for_gguf(adapter);
  // llama.cpp multiplies by alpha / rank.
  const auto own_alpha = [&](const TrainedLayer& layer) {
    return adapter.scale(layer) * static_cast<double>(layer.rank);
  };
  const double alpha = own_alpha(adapter.layers.front());
  GgufWriter writer;
  writer.set("general.type", "adapter");
  writer.set("general.architecture", options.architecture);
  writer.set("general.name", options.name);
  writer.set("general.file_type", static_cast<uint32_t>(options.dtype == DType::f32   ? 0
                                                        : options.dtype == DType::f16 ? 1
                                                                                      : 32));
  writer.set("adapter.type", "lora");
  writer.set("adapter.lora.alpha", static_cast<float>(alpha));
  for (const auto& [key, value] : options.metadata) writer.set(key, value);
  for (const TrainedLayer& layer : adapter.layers) {
    const std::string name = gguf_layer_name(layer.layer);
    const bool paired =
        adapter.paired_head_dim > 0 && name != layer.layer && (name.ends_with(".attn_q") || name.ends_with(".attn_k"));
    const Tensor &down = layer.parts.at("lora_down"), &up = layer.parts.at("lora_up");
    writer.add_tensor(name + ".weight.lora_a", options.dtype, down.shape(), stored_values(down, options.dtype));
    writer.add_tensor(name + ".weight.lora_b", options.dtype, up.shape(),
                      stored_values(paired ? with_paired_rows(up, adapter.paired_head_dim) : up, options.dtype,
                                    own_alpha(layer) / alpha));
  }
  writer.write(file);
}

}  // namespace diptych::train
