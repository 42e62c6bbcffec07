#include "engine/host/images/image_files.h"

#include <algorithm>
#include <array>
#include <utility>

#include "engine/core/error.h"
#include "engine/io/library/pipeline_folder.h"
#include "engine/io/library/side_files.h"

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
    std::pair{ModelKind::image_prompt, api::ImageFileKind::image_prompt},
    std::pair{ModelKind::image_encoder, api::ImageFileKind::image_encoder},
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

fs::path image_encoder_for(const std::string& name, const fs::path& model) {
  if (!name.empty()) return image_file(name, api::ImageFileKind::image_encoder);
  if (is_pipeline_folder(model)) {
    if (const auto own = open_pipeline_folder(model).component("image_encoder")) return *own;
  }
  const std::vector<fs::path> known = side_files(ModelKind::image_encoder, {});
  if (known.size() == 1) return known.front();
  throw Error(ErrorCategory::invalid_argument, "cannot use an IP-Adapter", model.filename().string(),
              known.empty() ? "the model has no image encoder, and there is none in the model folders"
                            : "the model has no image encoder, and there are several in the model folders",
              known.empty() ? "put CLIP's image encoder into a folder 'clip_vision' there" : "name one of them");
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
