#include "engine/diffusion/causal_text.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "engine/core/error.h"
#include "engine/diffusion/pipeline_family.h"
#include "engine/io/catalog.h"
#include "engine/ops/join.h"

namespace diptych::diffusion {
namespace {

namespace fs = std::filesystem;

constexpr int64_t marks = 2;  // bos and eos
constexpr int64_t most_layers = 10000, most_tokens = 1 << 14;

[[noreturn]] void fail_index(const PipelineFolder& folder, const std::string& why) {
  throw Error(ErrorCategory::invalid_file, "cannot load pipeline", (folder.path / "model_index.json").string(), why,
              "get the folder again");
}

const nlohmann::json& entry_of(const PipelineFolder& folder, const nlohmann::json& text, const char* key) {
  const auto found = text.find(key);
  if (found == text.end()) fail_index(folder, std::string("text_encoder does not say ") + key);
  return *found;
}

int64_t number_of(const PipelineFolder& folder, const nlohmann::json& text, const char* key, int64_t most) {
  const nlohmann::json& value = entry_of(folder, text, key);
  if (!value.is_number_integer() || value < 1 || value > most) {
    fail_index(folder, std::string("text_encoder.") + key + " is no number from 1 to " + std::to_string(most));
  }
  return value.get<int64_t>();
}

// A file or folder of the pipeline's, or a name.
fs::path language_model_name(const PipelineFolder& folder, const nlohmann::json& text) {
  const nlohmann::json& value = entry_of(folder, text, "model");
  const fs::path name(value.is_string() ? value.get<std::string>() : std::string());
  const bool leaves_folder = std::ranges::find(name, fs::path("..")) != name.end();
  if (name.empty() || name.is_absolute() || leaves_folder) {
    fail_index(folder, "text_encoder.model is neither in the folder nor the name of a model");
  }
  return name;
}

// Nothing where it is neither in the folder nor in the library.
std::optional<fs::path> find_language_model(const PipelineFolder& folder, const fs::path& name) {
  std::error_code error;
  if (fs::exists(folder.path / name, error)) return folder.path / name;
  try {
    return resolve_model(name.string());
  } catch (const Error& missing) {
    if (missing.category() != ErrorCategory::not_found) throw;
    return std::nullopt;
  }
}

fs::path language_model(const PipelineFolder& folder, const nlohmann::json& text) {
  const fs::path name = language_model_name(folder, text);
  if (const auto found = find_language_model(folder, name)) return *found;
  const bool known = find_model(builtin_catalog(), name.string()) != nullptr;
  throw Error(
      ErrorCategory::not_found, "cannot load pipeline", folder.path.string(),
      "it reads prompts with the language model " + name.string() + ", which is not there",
      known ? "run 'diptych models get " + name.string() + "'" : "put that model into the library ('diptych models')");
}

const nlohmann::json& text_encoder_of(const PipelineFolder& folder) {
  const auto text = folder.index->find("text_encoder");
  if (text == folder.index->end() || !text->is_object()) {
    fail_index(folder, "text_encoder is no object with model, layer and max_tokens");
  }
  return *text;
}

}  // namespace

ImageModelParts::Text open_causal_text(const PipelineFolder& folder, PartsDetail detail) {
  const nlohmann::json& text = text_encoder_of(folder);
  ImageModelParts::Text part;
  part.layers = number_of(folder, text, "layer", most_layers);
  const int64_t tokens = number_of(folder, text, "max_tokens", most_tokens);
  part.encoder = open_model(language_model(folder, text));
  if (detail == PartsDetail::headers) return part;
  part.window = part.encoder.gguf ? gguf_text_window(*part.encoder.gguf) : open_text_window(part.encoder.path);
  part.window.tokens = tokens + marks;
  const Tokenizer& tokenizer = *part.window.tokenizer;
  if (!tokenizer.bos() || !tokenizer.eos()) {
    throw Error(ErrorCategory::invalid_file, "cannot load text encoder", part.encoder.path.string(),
                "its vocabulary names no begin or no end of a text", "choose the language model of the pipeline");
  }
  return part;
}

std::string missing_language_model(const PipelineFolder& folder) {
  if (family_of_pipeline(folder.pipeline, folder.path.string()) != ImageFamily::causal_text) return {};
  const fs::path name = language_model_name(folder, text_encoder_of(folder));
  const CatalogModel* known = find_model(builtin_catalog(), name.string());
  return known != nullptr && !find_language_model(folder, name) ? known->name : std::string();
}

EncodedText encode_causal_text(Context& ctx, const TextPart& part, const EncoderTexts& texts, int64_t tokens) {
  const Tokenizer& tokenizer = *part.window.tokenizer;
  const int64_t most = part.window.tokens - marks;
  const auto limit = static_cast<size_t>(tokens > 0 ? std::min(tokens, most) : most);
  EncodedText result;
  std::vector<std::vector<int32_t>> rows;
  TextBatch batch{.rows = static_cast<int64_t>(texts.size()), .columns = 0, .ids = {}, .lengths = {}};
  for (const EncoderText& text : texts) {
    std::vector<int32_t>& ids = rows.emplace_back(tokenizer.encode(text.plain));
    ids.resize(std::min(ids.size(), limit));
    ids.insert(ids.begin(), *tokenizer.bos());
    ids.push_back(*tokenizer.eos());
    result.lengths.push_back(static_cast<int64_t>(ids.size()) - 1);
    batch.columns = std::max(batch.columns, static_cast<int64_t>(ids.size()));
  }
  for (std::vector<int32_t>& ids : rows) {
    ids.resize(static_cast<size_t>(batch.columns), *tokenizer.eos());  // later tokens change no earlier state
    batch.ids.insert(batch.ids.end(), ids.begin(), ids.end());
  }
  const Tensor states = part.encoder->forward(ctx, batch).last;
  const Tensor text = states.reshape({batch.rows, batch.columns, states.dim(-1)});
  result.text = contiguous(ctx, text.slice(1, 1, batch.columns));  // [rows, tokens, hidden]
  return result;
}

}  // namespace diptych::diffusion
