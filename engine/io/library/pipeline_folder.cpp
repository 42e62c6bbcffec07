#include "engine/io/library/pipeline_folder.h"

#include <nlohmann/json.hpp>

#include "engine/core/error.h"
#include "engine/io/formats/json_text.h"

namespace diptych {
namespace {

constexpr const char* index_name = "model_index.json";

}  // namespace

std::optional<std::filesystem::path> PipelineFolder::component(const std::string& name) const {
  // "name": ["library", "Class"]
  const auto found = index->find(name);
  if (found == index->end() || !found->is_array() || found->size() != 2 || !(*found)[1].is_string()) return {};
  return path / name;
}

std::filesystem::path PipelineFolder::required(const std::string& name) const {
  if (auto folder = component(name)) return *folder;
  throw Error(ErrorCategory::not_found, "cannot load pipeline", path.string(), "its model_index.json names no " + name,
              "choose a complete " + pipeline + " folder");
}

bool PipelineFolder::flag(const char* name) const {
  const auto found = index->find(name);
  return found != index->end() && found->is_boolean() && found->get<bool>();
}

bool is_pipeline_folder(const std::filesystem::path& path) {
  std::error_code error;
  return std::filesystem::is_regular_file(path / index_name, error);
}

PipelineFolder open_pipeline_folder(const std::filesystem::path& path) {
  PipelineFolder folder;
  folder.path = path;
  const auto index = std::make_shared<nlohmann::json>(read_json_file(path / index_name));
  const auto name = index->is_object() ? index->find("_class_name") : index->end();
  if (name == index->end() || !name->is_string()) {
    throw Error(ErrorCategory::invalid_file, "cannot open pipeline", (path / index_name).string(),
                "it names no pipeline class (_class_name)", "download the folder again");
  }
  folder.pipeline = name->get<std::string>();
  folder.index = index;
  return folder;
}

}  // namespace diptych
