#include "engine/model/model_source.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <map>
#include <nlohmann/json.hpp>

#include "engine/core/error.h"
#include "engine/io/formats/pickle.h"

namespace diptych {
namespace fs = std::filesystem;
namespace {

std::string upper(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return result;
}

std::string text_of(const nlohmann::json& config, const char* key) {
  const auto found = config.find(key);
  return found != config.end() && found->is_string() ? found->get<std::string>() : std::string();
}

}  // namespace

bool is_gguf_file(const fs::path& path) {
  constexpr std::array magic{std::byte{'G'}, std::byte{'G'}, std::byte{'U'}, std::byte{'F'}};
  const auto file = MappedFile::open(path);
  const std::span<const std::byte> bytes = file->bytes();
  return bytes.size() >= magic.size() && std::equal(magic.begin(), magic.end(), bytes.begin());
}

std::string ModelSource::architecture() const {
  if (gguf) return gguf->architecture();
  if (!hf) return {};
  const std::string type = text_of(*hf->config, "model_type");
  return type.empty() ? text_of(*hf->config, "_class_name") : type;
}

std::string ModelSource::quantization() const {
  std::map<std::string_view, uint64_t> bytes;
  for (const WeightEntry& entry : weights->entries()) bytes[entry.type_name] += entry.bytes;
  const auto most =
      std::max_element(bytes.begin(), bytes.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
  return most == bytes.end() ? std::string() : upper(most->first);
}

std::string ModelSource::name() const {
  if (gguf) {
    if (const auto given = gguf->metadata().get_string("general.name"); given && !given->empty()) {
      return std::string(*given);
    }
  }
  const fs::path clean = path.has_filename() ? path : path.parent_path();
  return (fs::is_directory(clean) ? clean.filename() : clean.stem()).string();
}

ModelSource open_model(const fs::path& path) {
  ModelSource source{.path = path, .gguf = nullptr, .hf = std::nullopt, .weights = nullptr};
  std::error_code error;
  if (!fs::exists(path, error)) {
    throw Error(ErrorCategory::not_found, "cannot open model", path.string(), "no such file or folder",
                "check the path, or see 'diptych models list'");
  }
  if (fs::is_directory(path, error)) {
    if (!is_hf_folder(path)) {
      throw Error(ErrorCategory::unsupported, "cannot open model", path.string(), "the folder has no config.json",
                  "give a GGUF file or a Hugging Face model folder");
    }
    source.hf = open_hf_folder(path);
    source.weights = source.hf->open_weights();
    return source;
  }
  if (!is_gguf_file(path)) {
    refuse_pickle(path);
    throw Error(ErrorCategory::unsupported, "cannot open model", path.string(), "it is not a GGUF file",
                "give a GGUF file, or the folder that holds config.json and the safetensors files");
  }
  source.gguf = GgufFile::open(path);
  source.weights = source.gguf;
  return source;
}

}  // namespace diptych
