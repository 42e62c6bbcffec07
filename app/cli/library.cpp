#include "app/cli/library.h"

#include "models/checkpoint/describe.h"
#include "models/registry.h"

namespace diptych::cli {

ModelDescription describe_by_headers(const std::filesystem::path& path) {
  ModelRegistry registry;
  models::register_all(registry);
  return models::describe_model(registry, path);
}

std::vector<LibraryModel> indexed_library() {
  ModelRegistry registry;
  models::register_all(registry);
  return index_library([&](const std::filesystem::path& path) { return models::describe_model(registry, path); });
}

}  // namespace diptych::cli
