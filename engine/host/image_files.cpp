#include "engine/host/image_files.h"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "engine/core/error.h"
#include "engine/io/ascii.h"
#include "engine/io/model_folders.h"
#include "engine/io/paths.h"
#include "engine/io/pipeline_folder.h"

namespace diptych::host {
namespace {

namespace fs = std::filesystem;
using Kind = api::ImageFileKind;

struct KnownFolder {
  const char* name;  // in lower case
  Kind kind;
};
constexpr std::array known_folders{
    KnownFolder{"loras", Kind::adapter},
    KnownFolder{"lora", Kind::adapter},
    KnownFolder{"lycoris", Kind::adapter},
    KnownFolder{"vae", Kind::vae},
    KnownFolder{"controlnet", Kind::control},
    KnownFolder{"t2i_adapter", Kind::control},
    KnownFolder{"embeddings", Kind::embedding},
    KnownFolder{"upscale_models", Kind::upscaler},
    KnownFolder{"clip", Kind::text_encoder},
    KnownFolder{"text_encoders", Kind::text_encoder},
    KnownFolder{"ipadapter", Kind::image_prompt},
    KnownFolder{"ip_adapter", Kind::image_prompt},
    KnownFolder{"clip_vision", Kind::image_encoder},
    KnownFolder{"image_encoder", Kind::image_encoder},
    KnownFolder{"esrgan", Kind::upscaler},
    KnownFolder{"realesrgan", Kind::upscaler},
};

bool is_weights(const fs::path& path) {
  const std::string extension = ascii_lower(path.extension().string());
  return extension == ".safetensors" || extension == ".gguf";
}

int64_t bytes_in(const fs::path& path) {
  std::error_code error;
  if (fs::is_regular_file(path, error)) return static_cast<int64_t>(fs::file_size(path, error));
  int64_t bytes = 0;
  for (fs::directory_iterator entry(path, error), end; !error && entry != end; entry.increment(error)) {
    std::error_code ignored;
    if (entry->is_regular_file(ignored)) bytes += static_cast<int64_t>(entry->file_size(ignored));
  }
  return bytes;
}

// Weights and folders with a configuration; people sort their files into folders of their own, two levels deep.
void collect(const fs::path& folder, Kind kind, int depth, std::vector<api::ImageFile>& files) {
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    const fs::path& path = entry->path();
    std::error_code ignored;
    const bool is_folder = entry->is_directory(ignored);
    if (path.filename().string().starts_with('.')) continue;
    if (is_folder ? fs::exists(path / "config.json", ignored) : is_weights(path)) {
      files.push_back({(is_folder ? path.filename() : path.stem()).string(), kind, path.string(), bytes_in(path)});
    } else if (is_folder && depth < 2) {
      collect(path, kind, depth + 1, files);
    }
  }
}

}  // namespace

api::ImageFiles image_files() {
  std::vector<fs::path> roots{models_dir()};
  for (const fs::path& folder : model_folders()) {
    roots.push_back(folder);
    roots.push_back(folder / "models");  // the program's own folder was given
  }
  api::ImageFiles found;
  std::set<fs::path> seen;
  for (const fs::path& root : roots) {
    std::error_code error;
    for (fs::directory_iterator entry(root, error), end; !error && entry != end; entry.increment(error)) {
      const std::string name = ascii_lower(entry->path().filename().string());
      for (const KnownFolder& known : known_folders) {
        if (name == known.name && seen.insert(entry->path()).second) collect(entry->path(), known.kind, 0, found.files);
      }
    }
  }
  std::sort(found.files.begin(), found.files.end(),
            [](const auto& a, const auto& b) { return std::pair(a.kind, a.name) < std::pair(b.kind, b.name); });
  return found;
}

fs::path image_encoder_for(const std::string& name, const fs::path& model) {
  if (!name.empty()) return image_file(name, Kind::image_encoder);
  if (is_pipeline_folder(model)) {
    if (const auto own = open_pipeline_folder(model).component("image_encoder")) return *own;
  }
  std::vector<fs::path> known;
  for (const api::ImageFile& file : image_files().files) {
    if (file.kind == Kind::image_encoder) known.emplace_back(file.path);
  }
  if (known.size() == 1) return known.front();
  throw Error(ErrorCategory::invalid_argument, "cannot use an IP-Adapter", model.filename().string(),
              known.empty() ? "the model has no image encoder, and there is none in the model folders"
                            : "the model has no image encoder, and there are several in the model folders",
              known.empty() ? "put CLIP's image encoder into a folder 'clip_vision' there" : "name one of them");
}

fs::path image_file(const std::string& name, Kind kind) {
  std::error_code error;
  std::string known;
  for (const api::ImageFile& file : image_files().files) {
    if (file.kind != kind) continue;
    if (ascii_lower(file.name) == ascii_lower(name)) return file.path;
    known += (known.empty() ? "" : ", ") + file.name;
  }
  if (fs::path(name).is_absolute() && fs::exists(name, error)) return name;
  throw Error(ErrorCategory::not_found, std::string("cannot find ") + api::enum_name(kind), name.substr(0, 200),
              "no file of this name is in the model folders",
              known.empty() ? "put it into a folder '" + std::string(api::enum_name(kind)) + "' there, or give its path"
                            : "choose one of these: " + known);
}

}  // namespace diptych::host
