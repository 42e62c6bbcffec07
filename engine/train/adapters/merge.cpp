#include "engine/train/adapters/merge.h"

#include <algorithm>
#include <cstring>

#include "engine/core/error.h"
#include "engine/io/files/atomic_file.h"
#include "engine/io/formats/gguf_writer.h"
#include "engine/io/formats/safetensors.h"
#include "engine/model/matrix_change.h"
#include "engine/train/exports/export_tensors.h"
#include "kernels/common/quant_blocks.h"

namespace diptych::train {
namespace fs = std::filesystem;
namespace {

[[noreturn]] void refuse_merge(const std::string& thing, const std::string& why) {
  throw Error(ErrorCategory::unsupported, "cannot merge adapter", thing, why,
              "use the adapter beside the model instead");
}

std::vector<std::byte> in_type(const std::vector<float>& values, DType type) {
  std::vector<std::byte> bytes(dtype_bytes(type, static_cast<int64_t>(values.size())));
  if (is_quantized(type)) {
    quantize_row(type, values.data(), bytes.data(), static_cast<int64_t>(values.size()));
    return bytes;
  }
  return stored_values(values, type);
}

// What lies beside the weights of a model's folder.
bool is_weights_file(const fs::path& path) {
  const std::string name = path.filename().string(), ending = path.extension().string();
  return ending == ".safetensors" || name.ends_with(".safetensors.index.json") || ending == ".bin" || ending == ".pt" ||
         ending == ".pth" || ending == ".gguf";
}

}  // namespace

MergedWeights::MergedWeights(Context& ctx, const ModelPart& part, std::span<const AdapterUse> uses)
    : ctx_(ctx), part_(part), match_(match_adapters({&part_, 1}, uses)) {
  if (part.targets->all().empty()) refuse_merge(part.component, "the model has no weights that adapters change");
  file_ = part.targets->all().front()->file;
  for (const auto& [target, contributions] : match_.changes) {
    if (target->is_vector()) refuse_merge(target->name, "it is no matrix");
    if (!contributions.empty()) changed_.insert(target->name);
  }
}

std::vector<float> MergedWeights::values(const std::string& weight) const {
  const WeightView view = file_->require(weight);
  std::vector<float> all(static_cast<size_t>(view.dims.elements()));
  dequantize_row(view.type, view.data, all.data(), view.dims.elements());
  for (const WeightTarget* target : part_.targets->of(weight)) {
    const auto found = match_.changes.find(target);
    if (found == match_.changes.end()) continue;
    MatrixChange change(ctx_, *target);
    for (const Contribution& one : found->second) change.add(one, true);
    const Tensor merged = change.merged();  // [rows, cols]
    std::copy_n(merged.data<float>(), merged.elements(), all.data() + target->first_row * target->cols);
  }
  return all;
}

std::vector<std::byte> MergedWeights::bytes(const std::string& weight, DType type) const {
  ctx_.cancel.throw_if_cancelled();
  const WeightView view = file_->require(weight);
  if (changes(weight)) return in_type(values(weight), type);
  if (view.type == type) return {view.data, view.data + view.bytes};
  std::vector<float> all(static_cast<size_t>(view.dims.elements()));
  dequantize_row(view.type, view.data, all.data(), view.dims.elements());
  return in_type(all, type);
}

void write_merged_safetensors(const MergedWeights& weights, const fs::path& path) {
  std::vector<NamedTensor> tensors;
  for (const WeightEntry& entry : weights.file()->entries()) {
    if (!entry.type || is_quantized(*entry.type)) refuse_merge(entry.name, "safetensors files do not hold its type");
    NamedTensor tensor{entry.name, *entry.type, entry.dims, {}};
    tensor.produce = [&weights, &entry] { return weights.bytes(entry.name, *entry.type); };
    tensors.push_back(std::move(tensor));
  }
  write_safetensors(path, tensors, {{"format", "pt"}});
}

void write_merged_folder(const MergedWeights& weights, const fs::path& model, const fs::path& folder) {
  make_folder(folder);
  std::error_code error;
  if (fs::equivalent(model, folder, error)) refuse_merge(folder.string(), "it is the model's own folder");
  for (const auto& entry : fs::directory_iterator(model)) {
    if (!entry.is_regular_file() || is_weights_file(entry.path())) continue;
    fs::copy_file(entry.path(), folder / entry.path().filename(), fs::copy_options::overwrite_existing, error);
    if (!error) continue;
    throw Error(ErrorCategory::io, "cannot copy file", entry.path().string(), error.message(),
                "check that " + folder.string() + " can be written");
  }
  write_merged_safetensors(weights, folder / "model.safetensors");
}

void write_merged_gguf(const MergedWeights& weights, const GgufFile& base, const fs::path& path, DType type) {
  GgufWriter writer;
  for (const auto& [key, value] : base.metadata().values()) {
    const bool of_the_file = key == "general.alignment" || key == "general.file_type" || key.starts_with("split.");
    if (!of_the_file) writer.set(key, value);
  }
  for (const WeightEntry& entry : base.entries()) {
    if (!entry.type) refuse_merge(entry.name, "its type " + std::string(entry.type_name) + " is not known");
    const bool requantized = weights.changes(entry.name) && is_quantized(*entry.type);
    const DType wanted = requantized ? type : *entry.type;
    writer.add_tensor(entry.name, wanted, entry.dims,
                      [&weights, &entry, wanted] { return weights.bytes(entry.name, wanted); });
  }
  writer.write(path);
}

}  // namespace diptych::train
