#include "engine/io/library/model_ref.h"

#include "engine/core/error.h"
#include "engine/io/files/paths.h"
#include "engine/io/library/catalog.h"
#include "engine/io/library/library_names.h"

namespace diptych {
namespace fs = std::filesystem;

fs::path resolve_model(std::string_view name_or_path, std::optional<ModelKind> wanted) {
  std::error_code error;
  const fs::path path(name_or_path);
  if (!name_or_path.empty() && fs::exists(path, error)) return path;

  if (const CatalogModel* model = find_model(builtin_catalog(), name_or_path)) {
    const fs::path file = models_dir() / model->file_name;
    if (fs::exists(file, error)) return file;
    throw Error(ErrorCategory::not_found, "cannot open model", model->name, "it has not been fetched yet",
                "run 'diptych models get " + model->name + "'");
  }
  const std::vector<LibraryModel> models = library_models();
  if (const LibraryModel* model = find_library_model(models, name_or_path, wanted)) return model->path;
  throw Error(ErrorCategory::not_found, "cannot open model", std::string(name_or_path), "no such file, folder or name",
              "check the path, or see 'diptych models list'");
}

}  // namespace diptych
