#include "app/cli/pipeline_summary.h"

#include <algorithm>
#include <vector>

#include "engine/io/library/hf_folder.h"
#include "engine/io/library/pipeline_folder.h"
#include "engine/model/model_source.h"

namespace diptych::cli {
namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

// "text_encoder": {"model": NAME, …}: a part that lies elsewhere.
std::string outside_of_folder(const nlohmann::json& entry) {
  if (!entry.is_object()) return {};
  const auto name = entry.find("model");
  return name != entry.end() && name->is_string() ? name->get<std::string>() : std::string();
}

}  // namespace

ordered_json summary_of_pipeline(const fs::path& path) {
  const PipelineFolder folder = open_pipeline_folder(path);
  const fs::path clean = path.has_filename() ? path : path.parent_path();
  ordered_json parts = ordered_json::object();
  int64_t parameters = 0;
  uint64_t bytes = 0, largest = 0;
  std::string quantization;
  for (const auto& [name, entry] : folder.index->items()) {
    if (const std::string other = outside_of_folder(entry); !other.empty()) {
      parts[name] = {{"architecture", other}};
      continue;
    }
    const auto part = folder.component(name);
    if (!part || !is_hf_folder(*part)) continue;  // a tokenizer, a scheduler
    const ModelSource source = open_model(*part);
    uint64_t own = 0;
    for (const auto& file : source.weights->files()) own += file->bytes().size();
    parts[name] = {{"architecture", source.architecture()},
                   {"quantization", source.quantization()},
                   {"parameters", source.weights->parameters()},
                   {"size_bytes", own}};
    parameters += source.weights->parameters();
    bytes += own;
    if (own > largest) quantization = source.quantization();
    largest = std::max(largest, own);
  }
  return {{"path", path.string()},        {"name", clean.filename().string()}, {"architecture", folder.pipeline},
          {"quantization", quantization}, {"parameters", parameters},          {"size_bytes", bytes},
          {"parts", std::move(parts)}};
}

}  // namespace diptych::cli
