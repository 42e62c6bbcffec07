#include "engine/host/image_files.h"

#include <algorithm>
#include <array>
#include <utility>

#include "engine/io/side_files.h"

namespace diptych::host {
namespace {

namespace fs = std::filesystem;

constexpr std::array image_file_kinds{
    std::pair{ModelKind::adapter, api::ImageFileKind::adapter},
    std::pair{ModelKind::autoencoder, api::ImageFileKind::vae},
    std::pair{ModelKind::control, api::ImageFileKind::control},
    std::pair{ModelKind::embedding, api::ImageFileKind::embedding},
    std::pair{ModelKind::upscaler, api::ImageFileKind::upscaler},
    std::pair{ModelKind::text_encoder, api::ImageFileKind::text_encoder},
};

}  // namespace

api::ImageFiles image_files(const ModelDescriber& describe) {
  api::ImageFiles found;
  for (const LibraryModel& model : index_library(describe)) {
    const auto* kind = std::ranges::find(image_file_kinds, model.kind, [](const auto& pair) { return pair.first; });
    if (kind == image_file_kinds.end() || !model.why.empty()) continue;
    found.files.push_back({model.name, kind->second, model.path.string(), origin_of(model), model.size_bytes});
  }
  std::ranges::sort(found.files, {}, [](const api::ImageFile& file) { return std::pair(file.kind, file.name); });
  return found;
}

fs::path image_file(const std::string& name, api::ImageFileKind kind) {
  const auto* known = std::ranges::find(image_file_kinds, kind, [](const auto& pair) { return pair.second; });
  std::error_code error;
  if (fs::path(name).is_absolute() && fs::exists(name, error)) return name;
  return resolve_library_file(known->first, name);
}

std::string origin_of(const LibraryModel& model) {
  return model.layout == FolderLayout::plain ? "" : layout_name(model.layout);
}

}  // namespace diptych::host
