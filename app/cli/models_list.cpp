#include <cstdio>
#include <nlohmann/json.hpp>

#include "app/cli/library.h"
#include "app/cli/models.h"
#include "app/cli/pipeline_summary.h"
#include "app/cli/progress.h"
#include "engine/core/error.h"
#include "engine/io/files/paths.h"
#include "engine/io/formats/json_text.h"
#include "engine/io/library/catalog.h"
#include "engine/io/library/file_hashes.h"
#include "engine/io/library/model_ref.h"
#include "engine/io/library/pipeline_folder.h"
#include "engine/model/model_source.h"

namespace diptych::cli {
namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

ordered_json row_of(const LibraryModel& model) {
  ordered_json row{{"name", model.name},
                   {"path", model.path.string()},
                   {"kind", model_kind_name(model.kind)},
                   {"origin", layout_name(model.layout)},
                   {"folder", model.folder.string()},
                   {"size_bytes", model.size_bytes}};
  if (!model.why.empty()) {
    row["error"] = model.why + "; " + model.to_do;
    return row;
  }
  if (model.description) {
    row["family"] = model.description->family;
    row["form"] = model_form_name(model.description->form);
    if (!model.description->parts.empty()) row["parts"] = model.description->parts;
  }
  return row;
}

// Weights of any form, without the vocabularies and configurations that loading would need.
void add_figures(const fs::path& path, ordered_json& row) {
  if (is_pipeline_folder(path)) {
    const ordered_json summary = summary_of_pipeline(path);
    for (const char* key : {"architecture", "quantization", "parameters"}) row[key] = summary[key];
    return;
  }
  std::error_code error;
  ModelSource source{.path = path, .gguf = nullptr, .hf = std::nullopt, .weights = nullptr};
  if (fs::exists(path / "adapter_config.json", error)) {
    source.weights = open_weights(path / "adapter_model.safetensors");
  } else if (fs::is_directory(path, error) || is_gguf_file(path)) {
    source = open_model(path);
  } else {
    source.weights = open_weights(path);
  }
  row["architecture"] = source.architecture();
  row["quantization"] = source.quantization();
  row["parameters"] = source.weights->parameters();
}

ordered_json figures_of(const LibraryModel& model) {
  ordered_json row = row_of(model);
  if (row.contains("error")) return row;
  try {
    add_figures(model.path, row);
  } catch (const Error& error) {
    row["error"] = error.what();
  }
  return row;
}

ordered_json catalogue_rows() {
  ordered_json rows = ordered_json::array();
  for (const CatalogModel& model : builtin_catalog()) {
    std::error_code error;
    rows.push_back({{"name", model.name},
                    {"title", model.title},
                    {"licence", model.licence},
                    {"size_bytes", model.size_bytes},
                    {"fetched", fs::exists(models_dir() / model.file_name, error)}});
  }
  return rows;
}

void print_row(const ordered_json& row) {
  const auto text = [&](const char* key) {
    const auto found = row.find(key);
    return found != row.end() && found->is_string() ? found->get<std::string>() : std::string();
  };
  if (row.contains("error")) {
    std::printf("%-32s not usable: %s\n", text("name").c_str(), text("error").c_str());
    return;
  }
  const std::string family = text("family");
  std::printf("%-32s %-13s %-24s %-6s %8.1fM %10s  %s\n", text("name").c_str(), text("kind").c_str(),
              (family.empty() ? text("architecture") : family).c_str(), text("quantization").c_str(),
              static_cast<double>(row["parameters"].get<int64_t>()) / 1e6,
              human_bytes(row["size_bytes"].get<uint64_t>()).c_str(), text("path").c_str());
}

}  // namespace

void list_models(bool json, const std::string& kind) {
  const auto wanted = model_kind_of(kind);
  if (!kind.empty() && !wanted) {
    throw Error(ErrorCategory::invalid_argument, "cannot list models of kind", kind, "there is no such kind",
                "see the column 'kind' of 'diptych models list'");
  }
  ordered_json installed = ordered_json::array();
  for (const LibraryModel& model : indexed_library()) {
    if (!wanted || model.kind == *wanted) installed.push_back(figures_of(model));
  }
  const ordered_json available = catalogue_rows();
  if (json) {
    std::printf("%s\n", json_text(ordered_json{{"models", installed}, {"catalogue", available}}, 2).c_str());
    return;
  }
  for (const ordered_json& row : installed) print_row(row);
  for (const ordered_json& row : available) {
    if (row["fetched"].get<bool>() || wanted) continue;
    std::printf("%-32s can be fetched: %s, %s; diptych models get %s\n", row["name"].get<std::string>().c_str(),
                human_bytes(row["size_bytes"].get<uint64_t>()).c_str(), row["licence"].get<std::string>().c_str(),
                row["name"].get<std::string>().c_str());
  }
  if (installed.empty()) std::fprintf(stderr, "no models in %s yet\n", models_dir().c_str());
}

void show_model(const std::string& name, const CancelToken& cancel) {
  const fs::path path = resolve_model(name);
  LibraryModel model;
  for (const LibraryModel& one : indexed_library()) {
    std::error_code error;
    if (fs::equivalent(one.path, path, error)) model = one;
  }
  if (model.path.empty()) {
    const fs::path clean = path.has_filename() ? path : path.parent_path();
    std::error_code error;
    model.path = path;
    model.folder = clean.parent_path();
    model.name = (fs::is_directory(path, error) ? clean.filename() : clean.stem()).string();
    model.size_bytes = model_bytes(path);
  }
  model.description = describe_by_headers(path);
  model.kind = model.description->kind;
  model.why.clear();
  ordered_json result = row_of(model);
  add_figures(path, result);
  if (const CatalogModel* known = find_model(builtin_catalog(), name)) result["licence"] = known->licence;
  std::error_code error;
  if (is_pipeline_folder(path)) {
    result["parts"] = summary_of_pipeline(path)["parts"];
  } else {
    const auto weights = fs::exists(path / "adapter_config.json", error)
                             ? open_weights(path / "adapter_model.safetensors")
                             : open_weights(path);
    ordered_json types = ordered_json::object();
    for (const WeightEntry& entry : weights->entries()) {
      auto& type = types[std::string(entry.type_name)];
      if (type.is_null()) type = {{"tensors", 0}, {"bytes", 0}};
      type["tensors"] = type["tensors"].get<int64_t>() + 1;
      type["bytes"] = type["bytes"].get<uint64_t>() + entry.bytes;
    }
    result["tensors"] = weights->entries().size();
    result["types"] = types;
  }
  ProgressLine line;
  result["sha256"] = content_hash(
      path, [&](uint64_t bytes) { line.show("hashing " + human_bytes(bytes)); }, cancel);
  line.clear();
  std::printf("%s\n", json_text(result, 2).c_str());
}

}  // namespace diptych::cli
