#include "engine/train/image/token_training.h"

#include <algorithm>
#include <cctype>
#include <map>

#include "engine/core/error.h"
#include "engine/diffusion/prompt/embedding_tokenizer.h"
#include "engine/io/files/atomic_file.h"
#include "engine/io/formats/safetensors.h"
#include "engine/ops/backward/products.h"
#include "engine/ops/kernel_table.h"

namespace diptych::train {
namespace {

using diffusion::ImageFamily;

[[noreturn]] void refuse_token(ErrorCategory category, const std::string& token, const std::string& why,
                               const std::string& to_do) {
  throw Error(category, "cannot learn word", token, why, to_do);
}

void check_suits(const std::string& token, const diffusion::ImageModel& model) {
  if (TokenTraining::suits(model)) return;
  refuse_token(ErrorCategory::unsupported, token, "textual inversion is for bases that read texts through CLIP alone",
               "choose a base of Stable Diffusion 1, 2 or XL, or the method lora");
}

void check_token(const std::string& token, const Tokenizer& tokenizer) {
  const auto blank = [](unsigned char c) { return std::isspace(c) != 0; };
  if (token.empty() || std::ranges::any_of(token, blank)) {
    refuse_token(ErrorCategory::invalid_argument, token, "it is no word", "write it without spaces, such as <fox>");
  }
  // Captions are read as they are, prompts are not.
  const size_t sign = token.find_first_of("()[]{}|:\\,");
  if (sign != token.npos) {
    refuse_token(ErrorCategory::invalid_argument, token,
                 std::string("in prompts ") + token[sign] + " has a meaning of its own",
                 "write it with letters and digits, such as <fox>");
  }
  if (tokenizer.encode(token, {.add_special = false}).size() == 1) {
    refuse_token(ErrorCategory::invalid_argument, token, "the text encoder knows it already",
                 "choose a word that is none, such as <" + token + ">");
  }
}

// The rows of the vocabulary, which is the first table that the encoder's loading noted.
const Weight& vocabulary(const ModelPart& part) {
  const auto& tables = part.targets->tables();
  const auto found = std::ranges::find_if(
      tables, [](const WeightTable& table) { return table.name.ends_with("token_embedding.weight"); });
  if (found == tables.end()) {
    refuse_token(ErrorCategory::unsupported, part.component, "its text encoder has no table of tokens",
                 "choose a base of Stable Diffusion 1, 2 or XL");
  }
  return found->weight;
}

std::vector<int32_t> tokens_of_start(const std::string& start, const Tokenizer& tokenizer) {
  std::vector<int32_t> ids = tokenizer.encode(start.empty() ? "*" : start, {.add_special = false});
  if (ids.empty()) {
    refuse_token(ErrorCategory::invalid_argument, start, "as token_start it is no token",
                 "write a word, such as \"cat\"");
  }
  return ids;
}

// Tokens whose vectors those of the word begin with.
std::vector<int32_t> start_ids(const std::string& start, const Tokenizer& tokenizer, int64_t vectors) {
  const std::vector<int32_t> ids = tokens_of_start(start, tokenizer);
  std::vector<int32_t> chosen;
  const auto count = std::ssize(ids);
  for (int64_t i = 0; i < vectors; ++i) chosen.push_back(ids[static_cast<size_t>(i * count / vectors)]);
  return chosen;
}

NamedTensor named(const std::string& name, const Tensor& values) {
  return {name, DType::f32, values.shape(), {values.raw(), static_cast<size_t>(values.bytes())}};
}

void write_vectors(const std::filesystem::path& path, const std::vector<NamedTensor>& tensors) {
  write_safetensors(path, tensors, {{"format", "pt"}});
}

}  // namespace

bool TokenTraining::suits(const diffusion::ImageModel& model) {
  return model.family == ImageFamily::stable_diffusion || model.family == ImageFamily::sdxl;
}

TokenTraining::TokenTraining(Context& ctx, const Recipe& recipe, const diffusion::ImageModel& model,
                             std::vector<diffusion::TextPart>& texts, std::span<const ModelPart> held)
    : token_(recipe.token) {
  check_suits(token_, model);
  for (size_t i = 0; i < texts.size(); ++i) {
    diffusion::TextPart& text = texts[i];
    if (!text.encoder) continue;
    const std::string component = i == 0 ? "text_encoder" : "text_encoder_" + std::to_string(i + 1);
    const auto part = std::ranges::find(held, component, &ModelPart::component);
    const Tokenizer& tokenizer = *text.window.tokenizer;
    check_token(token_, tokenizer);
    const std::vector<int32_t> ids = start_ids(recipe.token_start, tokenizer, recipe.token_vectors);
    Tensor vectors = ctx.output({recipe.token_vectors, text.encoder->info().hidden}, DType::f32, Owner::weights);
    kernel_table(ctx).embedding(ctx.pool(), vocabulary(*part), ids, 1.0f, vectors);
    parameters_.push_back(
        {.name = component + ".token", .value = vectors, .gradient = zeros(ctx, vectors.shape(), Owner::gradients)});

    const auto first = static_cast<int32_t>(text.encoder->info().vocab);
    std::vector<int32_t> own;
    own.reserve(static_cast<size_t>(recipe.token_vectors));
    for (int32_t v = 0; v < recipe.token_vectors; ++v) own.push_back(first + v);
    if (!text.plain_tokenizer) text.plain_tokenizer = text.window.tokenizer;
    text.embeddings = vectors;
    text.embedding_runs = {{first, recipe.token_vectors}};
    text.window.tokenizer = diffusion::with_embedding_words(text.plain_tokenizer, {{token_, own}});
  }
}

void TokenTraining::watch(Tape& tape) {
  for (const Parameter& parameter : parameters_) tape.watch(parameter.value, parameter.gradient);
}

int64_t check_word(const diffusion::ImageModel& model, const std::string& token, const std::string& start) {
  check_suits(token, model);
  int64_t tokens = 0;
  for (const diffusion::TextPart& text : model.texts) {
    if (!text.encoder) continue;
    const Tokenizer& tokenizer = text.plain_tokenizer ? *text.plain_tokenizer : *text.window.tokenizer;
    check_token(token, tokenizer);
    const auto count = std::ssize(tokens_of_start(start, tokenizer));
    if (tokens == 0) tokens = count;
  }
  return tokens;
}

bool names_token(const std::string& text, const std::string& token) {
  return diffusion::find_embedding_word(text, {{token, {}}}).ids != nullptr;
}

std::filesystem::path token_file(const std::string& token) {
  std::string name;
  for (const char c : token) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-' || c == '.') name += c;
  }
  if (name.find_first_not_of('.') == name.npos || name.starts_with("learned_embeds")) name = "word-" + name;
  return name + ".safetensors";
}

void write_token(const TokenTraining& part, const std::filesystem::path& folder) {
  make_folder(folder);
  const Parameters& parameters = part.parameters();
  std::vector<NamedTensor> together;
  for (size_t i = 0; i < parameters.size(); ++i) {
    const std::string number = i == 0 ? "" : "_" + std::to_string(i + 1);
    const Tensor& values = parameters[i].value;
    write_vectors(folder / ("learned_embeds" + number + ".safetensors"), {named(part.token(), values)});
    const char* key = parameters.size() == 1 ? "emb_params" : i == 0 ? "clip_l" : "clip_g";
    together.push_back(named(key, values));
  }
  write_vectors(folder / token_file(part.token()), together);
}

}  // namespace diptych::train
