#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "app/cli/commands.h"
#include "app/cli/interrupt.h"
#include "app/cli/pipeline_summary.h"
#include "app/cli/progress.h"
#include "engine/core/error.h"
#include "engine/io/catalog.h"
#include "engine/io/file_hashes.h"
#include "engine/io/model_fetch.h"
#include "engine/io/model_folders.h"
#include "engine/io/model_ref.h"
#include "engine/io/paths.h"
#include "engine/io/pipeline_folder.h"
#include "engine/model/model_source.h"

namespace diptych::cli {
namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

uint64_t size_on_disk(const ModelSource& source) {
  uint64_t bytes = 0;
  for (const auto& file : source.weights->files()) bytes += file->bytes().size();
  return bytes;
}

ordered_json describe(const fs::path& path) {
  ordered_json row{{"path", path.string()}};
  try {
    if (is_pipeline_folder(path)) return summary_of_pipeline(path);
    const ModelSource source = open_model(path);
    row["name"] = source.name();
    row["architecture"] = source.architecture();
    row["quantization"] = source.quantization();
    row["parameters"] = source.weights->parameters();
    row["size_bytes"] = size_on_disk(source);
  } catch (const Error& error) {
    row["name"] = path.filename().string();
    row["error"] = error.what();
  }
  return row;
}

void list(bool json) {
  ordered_json installed = ordered_json::array(), available = ordered_json::array();
  for (const fs::path& path : library_models()) installed.push_back(describe(path));
  for (const CatalogModel& model : builtin_catalog()) {
    std::error_code error;
    const bool fetched = fs::exists(models_dir() / model.file_name, error);
    available.push_back({{"name", model.name},
                         {"title", model.title},
                         {"licence", model.licence},
                         {"size_bytes", model.size_bytes},
                         {"fetched", fetched}});
  }
  if (json) {
    std::printf("%s\n", ordered_json{{"models", installed}, {"catalogue", available}}.dump(2).c_str());
    return;
  }
  for (const auto& row : installed) {
    if (row.contains("error")) {
      std::printf("%-32s not readable: %s\n", row["name"].get<std::string>().c_str(),
                  row["error"].get<std::string>().c_str());
      continue;
    }
    std::printf("%-32s %-10s %-6s %8.1fM %10s  %s\n", row["name"].get<std::string>().c_str(),
                row["architecture"].get<std::string>().c_str(), row["quantization"].get<std::string>().c_str(),
                static_cast<double>(row["parameters"].get<int64_t>()) / 1e6,
                human_bytes(row["size_bytes"].get<uint64_t>()).c_str(), row["path"].get<std::string>().c_str());
  }
  for (const auto& row : available) {
    if (row["fetched"].get<bool>()) continue;
    std::printf("%-32s can be fetched: %s, %s; diptych models get %s\n", row["name"].get<std::string>().c_str(),
                human_bytes(row["size_bytes"].get<uint64_t>()).c_str(), row["licence"].get<std::string>().c_str(),
                row["name"].get<std::string>().c_str());
  }
  if (installed.empty()) std::fprintf(stderr, "no models in %s yet\n", models_dir().c_str());
}

void show(const std::string& name) {
  const fs::path path = resolve_model(name);
  if (is_pipeline_folder(path)) {
    std::printf("%s\n", summary_of_pipeline(path).dump(2).c_str());
    return;
  }
  const ModelSource source = open_model(path);
  ordered_json result = describe(path);
  if (const CatalogModel* known = find_model(builtin_catalog(), name)) result["licence"] = known->licence;
  if (const auto hash = known_hash(path)) result["sha256"] = *hash;
  ordered_json types = ordered_json::object();
  for (const WeightEntry& entry : source.weights->entries()) {
    auto& type = types[std::string(entry.type_name)];
    if (type.is_null()) type = {{"tensors", 0}, {"bytes", 0}};
    type["tensors"] = type["tensors"].get<int64_t>() + 1;
    type["bytes"] = type["bytes"].get<uint64_t>() + entry.bytes;
  }
  result["tensors"] = source.weights->entries().size();
  result["types"] = types;
  std::printf("%s\n", result.dump(2).c_str());
}

const CatalogModel& in_catalogue(const std::string& name) {
  if (const CatalogModel* model = find_model(builtin_catalog(), name)) return *model;
  std::string known;
  for (const CatalogModel& model : builtin_catalog()) known += (known.empty() ? "" : ", ") + model.name;
  throw Error(ErrorCategory::not_found, "cannot get model", name, "the catalogue does not know it",
              "choose one of these: " + known);
}

const char* phase_name(FetchProgress::Phase phase) {
  switch (phase) {
    case FetchProgress::Phase::waiting:
      return "waiting for another process:";
    case FetchProgress::Phase::downloading:
      return "downloading";
    case FetchProgress::Phase::unpacking:
      return "unpacking";
    case FetchProgress::Phase::verifying:
      return "verifying";
  }
  return "";
}

void get(const std::string& name) {
  ProgressLine line;
  FetchOptions options;
  options.cancel = cancel_on_interrupt();
  options.progress = [&](const FetchProgress& progress) {
    std::string text = std::string(phase_name(progress.phase)) + " " + progress.item;
    if (progress.total > 0) text += "  " + human_bytes(progress.bytes) + " of " + human_bytes(progress.total);
    if (progress.rate_bytes_per_s > 0 && progress.total >= progress.bytes) {
      text += "  " + human_bytes(static_cast<uint64_t>(progress.rate_bytes_per_s)) + "/s, " +
              std::to_string(static_cast<int64_t>(static_cast<double>(progress.total - progress.bytes) /
                                                  progress.rate_bytes_per_s)) +
              " s left";
    }
    line.show(text);
  };
  const fs::path path = fetch_model(in_catalogue(name), options);
  line.clear();
  std::printf("%s\n", path.c_str());
}

// Error where the file is not what the catalogue says or, for other files, where its headers do not fit the file.
void verify(const std::string& name, const CancelToken& cancel) {
  ProgressLine line;
  const fs::path path = resolve_model(name);
  const CatalogModel* known = nullptr;
  for (const CatalogModel& model : builtin_catalog()) {
    if (path.filename() == model.file_name) known = &model;
  }
  if (known == nullptr) {
    open_model(path);
    std::printf("%s: readable; the catalogue has no hash for it\n", path.c_str());
    return;
  }
  const uint64_t size = fs::file_size(path);
  const std::string hash = file_hash(
      path, [&](uint64_t bytes) { line.show("hashing " + human_bytes(bytes) + " of " + human_bytes(size)); }, cancel,
      true);
  line.clear();
  if (hash == known->sha256) {
    std::printf("%s: sha256 matches\n", path.c_str());
    return;
  }
  throw Error(ErrorCategory::invalid_file, "verification failed", path.string(),
              "its sha256 is " + hash + ", not " + known->sha256,
              "remove the file and run 'diptych models get " + known->name + "'");
}

}  // namespace

void add_models(CLI::App& root) {
  CLI::App* models = root.add_subcommand("models", "The model library");
  models->require_subcommand(1);

  struct Options {
    bool json = false;
    std::vector<std::string> names;
    std::vector<std::string> add, remove;
  };
  auto options = std::make_shared<Options>();

  CLI::App* list_command = models->add_subcommand("list", "Models in the library, and those that can be fetched");
  list_command->add_flag("--json", options->json, "One JSON document");
  list_command->callback([options] { list(options->json); });

  CLI::App* show_command = models->add_subcommand("show", "What a model is made of, as JSON");
  show_command->add_option("MODEL", options->names, "Path or name")->required()->expected(1);
  show_command->add_flag("--json", options->json, "Always JSON; accepted for symmetry");
  show_command->callback([options] { show(options->names.front()); });

  CLI::App* get_command = models->add_subcommand("get", "Fetch models of the catalogue, or see that they are there");
  get_command->add_option("NAME", options->names, "Names from 'diptych models list'")->required();
  get_command->callback([options] {
    for (const std::string& name : options->names) get(name);
  });

  CLI::App* verify_command = models->add_subcommand("verify", "Compare files with their known hashes");
  verify_command->add_option("MODEL", options->names, "Paths or names")->required();
  verify_command->callback([options] {
    const CancelToken cancel = cancel_on_interrupt();
    for (const std::string& name : options->names) verify(name, cancel);
  });

  CLI::App* index_command = models->add_subcommand("index", "Folders of models that stay where they are");
  index_command->add_option("FOLDER", options->add, "Folders to add");
  index_command->add_option("--remove", options->remove, "Folders to forget");
  index_command->callback([options] {
    for (const std::string& folder : options->add) add_model_folder(folder);
    for (const std::string& folder : options->remove) remove_model_folder(folder);
    std::printf("%s\n", models_dir().c_str());
    for (const fs::path& folder : model_folders()) std::printf("%s\n", folder.c_str());
  });
}

}  // namespace diptych::cli
