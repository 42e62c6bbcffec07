#include "app/cli/models.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "app/cli/commands.h"
#include "app/cli/interrupt.h"
#include "app/cli/library.h"
#include "app/cli/progress.h"
#include "engine/core/error.h"
#include "engine/io/files/paths.h"
#include "engine/io/library/catalog.h"
#include "engine/io/library/file_hashes.h"
#include "engine/io/library/model_fetch.h"
#include "engine/io/library/model_folders.h"
#include "engine/io/library/model_layout.h"
#include "engine/io/library/model_ref.h"

namespace diptych::cli {
namespace {

namespace fs = std::filesystem;

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

// The SHA-256 that a file ought to have; empty: nothing says it.
std::string promised_hash(const fs::path& file) {
  for (const CatalogModel& model : builtin_catalog()) {
    if (file.filename() == model.file_name) return model.sha256;
  }
  // Hugging Face's cache names large files by their hash and links to them.
  std::error_code error;
  const std::string blob = fs::read_symlink(file, error).filename().string();
  return !error && blob.size() == 64 && blob.find_first_not_of("0123456789abcdef") == std::string::npos ? blob : "";
}

[[noreturn]] void fail_verification(const fs::path& file, const std::string& hash, const std::string& promised) {
  std::string to_do = "fetch the file again";
  for (const CatalogModel& model : builtin_catalog()) {
    if (promised == model.sha256) to_do = "remove the file and run 'diptych models get " + model.name + "'";
  }
  throw Error(ErrorCategory::invalid_file, "verification failed", file.string(),
              "its sha256 is " + hash + ", not " + promised, to_do);
}

// Error where a file is not what the catalogue or the cache says; of others, where headers do not fit their file.
void verify(const std::string& name, const CancelToken& cancel) {
  ProgressLine line;
  const fs::path path = resolve_model(name);
  int matching = 0;
  for (const fs::path& file : content_files(path)) {
    const std::string promised = promised_hash(file);
    if (promised.empty()) continue;
    const std::string total = human_bytes(fs::file_size(file));
    const std::string hash = file_hash(
        file, [&](uint64_t bytes) { line.show("hashing " + human_bytes(bytes) + " of " + total); }, cancel, true);
    line.clear();
    if (hash != promised) fail_verification(file, hash, promised);
    ++matching;
  }
  std::error_code error;
  if (matching > 0 && !fs::is_directory(path, error)) {
    std::printf("%s: sha256 matches\n", path.c_str());
    return;
  }
  describe_by_headers(path);
  const std::string hash = content_hash(
      path, [&](uint64_t bytes) { line.show("hashing " + human_bytes(bytes)); }, cancel);
  line.clear();
  if (matching > 0) {
    std::printf("%s: readable; sha256 of %d files match\n", path.c_str(), matching);
  } else {
    std::printf("%s: readable; nothing says which hash it should have; sha256 %s\n", path.c_str(), hash.c_str());
  }
}

}  // namespace

void add_models(CLI::App& root) {
  CLI::App* models = root.add_subcommand("models", "The model library");
  models->require_subcommand(1);

  struct Options {
    bool json = false, huggingface = false;
    std::string kind;
    std::vector<std::string> names;
    std::vector<std::string> add, remove;
  };
  auto options = std::make_shared<Options>();

  CLI::App* list_command = models->add_subcommand("list", "Models in the library, and those that can be fetched");
  list_command->add_flag("--json", options->json, "One JSON document");
  list_command->add_option("--kind", options->kind, "Only: text, image, vae, adapter, control, embedding, upscaler, …");
  list_command->callback([options] { list_models(options->json, options->kind); });

  CLI::App* show_command = models->add_subcommand("show", "What a model is made of, as JSON");
  show_command->add_option("MODEL", options->names, "Path or name")->required()->expected(1);
  show_command->add_flag("--json", options->json, "Always JSON; accepted for symmetry");
  show_command->callback([options] { show_model(options->names.front(), cancel_on_interrupt()); });

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

  CLI::App* index_command = models->add_subcommand(
      "index", "Folders of models that stay where they are: of ComfyUI, A1111, Hugging Face's cache, or your own");
  index_command->add_option("FOLDER", options->add, "Folders to add");
  index_command->add_option("--remove", options->remove, "Folders to forget");
  index_command->add_flag("--hf-cache", options->huggingface, "Add the cache of Hugging Face's libraries");
  index_command->add_flag("--json", options->json, "One JSON document");
  index_command->callback([options] {
    if (options->huggingface) options->add.push_back(huggingface_cache().string());
    for (const std::string& folder : options->add) add_model_folder(folder);
    for (const std::string& folder : options->remove) remove_model_folder(folder);
    index_models(options->json);
  });
}

}  // namespace diptych::cli
