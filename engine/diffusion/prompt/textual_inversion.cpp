#include "engine/diffusion/prompt/textual_inversion.h"

#include <algorithm>
#include <utility>

#include "engine/core/error.h"
#include "engine/diffusion/prompt/embedding_tokenizer.h"
#include "engine/diffusion/prompt/prompt_wildcards.h"
#include "engine/io/formats/safetensors.h"
#include "engine/io/library/file_hashes.h"
#include "engine/io/library/side_files.h"
#include "engine/ops/join.h"
#include "engine/ops/kernel_table.h"

namespace diptych::diffusion {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void refuse_embedding(ErrorCategory category, const fs::path& path, const std::string& why,
                                   const std::string& to_do) {
  throw Error(category, "cannot read embedding", path.string(), why, to_do);
}

std::shared_ptr<const WeightFile> open_embedding(const fs::path& path) {
  std::error_code error;
  if (!fs::exists(path, error)) refuse_embedding(ErrorCategory::not_found, path, "no such file", "check the path");
  if (path.extension() != ".safetensors") {
    refuse_embedding(ErrorCategory::unsupported, path, "it is no safetensors file; pickled ones can run code",
                     "convert it where you trust it: python -c \"import torch, safetensors.torch as s; d = "
                     "torch.load('FILE', weights_only=True); v = d.get('string_to_param', d); "
                     "s.save_file({'emb_params': next(iter(v.values())).data}, 'FILE.safetensors')\"");
  }
  return SafetensorsFile::open(path);
}

// CLIP's encoders are those that give a pooled text.
bool takes_embeddings(const TextPart& part) {
  return part.encoder && part.encoder->info().architecture.starts_with("clip");
}

// The index of the text encoder that a tensor is for.
size_t part_for(const ImageModel& model, const fs::path& path, const WeightEntry& entry) {
  const int64_t width = entry.dims.rank() > 0 ? entry.dims[-1] : 0;
  std::string widths;
  size_t clips = 0;
  for (size_t i = 0; i < model.texts.size(); ++i) {
    if (!takes_embeddings(model.texts[i])) continue;
    const bool first = clips++ == 0;
    const bool named = entry.name == "clip_l" ? first : entry.name == "clip_g" ? !first : true;
    const int64_t hidden = model.texts[i].encoder->info().hidden;
    if (named && hidden == width) return i;
    widths += (widths.empty() ? "" : " and ") + std::to_string(hidden);
  }
  refuse_embedding(ErrorCategory::invalid_argument, path,
                   "its tensor " + entry.name + " " + entry.dims.str() +
                       (widths.empty() ? " is for CLIP, which the model does not read prompts with"
                                       : " is for another text encoder, the model's are " + widths + " wide"),
                   "choose an embedding that was made for this kind of model");
}

// What one text encoder learns.
struct LearnedWords {
  std::vector<Tensor> vectors;  // each [n, width]
  EmbeddingWords words;
  std::map<int32_t, int64_t> runs;
  int64_t count = 0;
};

void learn(Context& ctx, const ImageModel& model, const fs::path& path, std::vector<LearnedWords>& learned) {
  const auto file = open_embedding(path);
  const bool several = file->entries().size() > 1;
  for (const WeightEntry& entry : file->entries()) {
    const bool of_encoder = entry.name == "clip_l" || entry.name == "clip_g";
    if (several && !of_encoder) {
      refuse_embedding(ErrorCategory::unsupported, path, "it holds a tensor " + entry.name + " beside others",
                       "choose a file with one embedding, for CLIP");
    }
    const bool whole = entry.type && *entry.type >= DType::i8 && *entry.type <= DType::boolean;
    if (!entry.type || whole || entry.dims.rank() < 1 || entry.dims.rank() > 2 || entry.dims.elements() < 1) {
      refuse_embedding(ErrorCategory::invalid_file, path, "its tensor " + entry.name + " is " + entry.dims.str(),
                       "the file is damaged: download it again");
    }
    const size_t index = part_for(model, path, entry);
    LearnedWords& words = learned[index];
    const int64_t width = entry.dims[-1], count = entry.dims.elements() / width;
    Tensor vectors = ctx.output({count, width}, DType::f32, Owner::weights);
    if (!ctx.is_meta()) {
      const WeightView view = file->require(entry.name);
      kernel_table(ctx).widen(view.type, view.data, vectors.elements(), vectors);
    }
    const auto first = static_cast<int32_t>(model.texts[index].encoder->info().vocab + words.count);
    std::vector<int32_t> ids;
    for (int64_t i = 0; i < count; ++i) ids.push_back(first + static_cast<int32_t>(i));
    words.vectors.push_back(std::move(vectors));
    words.count += count;
    words.runs[first] = count;
    words.words[side_file_name(path)] = ids;
    if (!of_encoder && entry.name != "emb_params") words.words[entry.name] = ids;
  }
  if (file->entries().empty()) {
    refuse_embedding(ErrorCategory::invalid_file, path, "it holds no tensors", "download it again");
  }
}

}  // namespace

std::vector<fs::path> prompt_embeddings(const ImageRequest& request, const fs::path& model) {
  std::vector<fs::path> found;
  const std::vector<fs::path> files = side_files(ModelKind::embedding, model);
  for (const std::string& prompt : {request.prompt, request.negative.value_or("")}) {
    const std::string drawn = request.prompt_syntax ? draw_wildcards(prompt, request.wildcard_seed) : prompt;
    for (const fs::path& file : files) {
      const bool named = find_embedding_word(drawn, {{side_file_name(file), {}}}).ids != nullptr;
      if (named && std::ranges::find(found, file) == found.end()) found.push_back(file);
    }
  }
  return found;
}

void set_embeddings(Context& ctx, ImageModel& model, std::span<const fs::path> files) {
  std::vector<LearnedWords> learned(model.texts.size());
  for (const fs::path& path : files) learn(ctx, model, path, learned);
  for (size_t i = 0; i < learned.size(); ++i) {
    Tensor all;
    for (const Tensor& vectors : learned[i].vectors) all = all ? concat(ctx, all, vectors, 0) : vectors;
    learned[i].vectors.assign(1, all);
  }
  for (size_t i = 0; i < learned.size(); ++i) {
    TextPart& part = model.texts[i];
    if (!part.plain_tokenizer) part.plain_tokenizer = part.window.tokenizer;
    part.embeddings = learned[i].vectors.front();
    part.embedding_runs = std::move(learned[i].runs);
    part.window.tokenizer = learned[i].words.empty()
                                ? part.plain_tokenizer
                                : with_embedding_words(part.plain_tokenizer, std::move(learned[i].words));
  }
}

std::vector<RecipeFile> recipe_embeddings(std::span<const fs::path> files, const CancelToken& cancel) {
  std::vector<RecipeFile> recipe;
  for (const fs::path& file : files) recipe.push_back({side_file_name(file), file_hash(file, {}, cancel)});
  return recipe;
}

}  // namespace diptych::diffusion
