#include "engine/io/library/model_layout.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdlib>
#include <mutex>
#include <set>

#include "engine/core/error.h"
#include "engine/core/log.h"
#include "engine/io/files/ascii.h"
#include "engine/io/files/atomic_file.h"
#include "engine/io/files/paths.h"
#include "engine/io/formats/pickle.h"
#include "engine/io/library/extra_model_paths.h"
#include "engine/io/library/hf_folder.h"
#include "engine/io/library/pipeline_folder.h"

namespace diptych {
namespace fs = std::filesystem;
namespace {

constexpr int deepest_folder = 8;
constexpr size_t most_folders = 20000;  // of one root; a mistaken "/" ends here
constexpr const char* cached_repository = "models--";

struct KnownFolderName {
  const char* name;  // in lower case
  ModelKind kind;
};
constexpr std::array known_folder_names{
    KnownFolderName{"checkpoints", ModelKind::image},
    KnownFolderName{"diffusers", ModelKind::image},
    KnownFolderName{"diffusion_models", ModelKind::image},
    KnownFolderName{"stable-diffusion", ModelKind::image},
    KnownFolderName{"unet", ModelKind::image},
    KnownFolderName{"clip", ModelKind::text_encoder},
    KnownFolderName{"text_encoder", ModelKind::text_encoder},
    KnownFolderName{"text_encoders", ModelKind::text_encoder},
    KnownFolderName{"clip_vision", ModelKind::image_encoder},
    KnownFolderName{"vae", ModelKind::autoencoder},
    KnownFolderName{"vae-approx", ModelKind::autoencoder},
    KnownFolderName{"vae_approx", ModelKind::autoencoder},
    KnownFolderName{"image_encoder", ModelKind::image_encoder},
    KnownFolderName{"ipadapter", ModelKind::image_prompt},
    KnownFolderName{"ip_adapter", ModelKind::image_prompt},
    KnownFolderName{"lora", ModelKind::adapter},
    KnownFolderName{"loras", ModelKind::adapter},
    KnownFolderName{"lycoris", ModelKind::adapter},
    KnownFolderName{"controlnet", ModelKind::control},
    KnownFolderName{"t2i_adapter", ModelKind::control},
    KnownFolderName{"embeddings", ModelKind::embedding},
    KnownFolderName{"esrgan", ModelKind::upscaler},
    KnownFolderName{"realesrgan", ModelKind::upscaler},
    KnownFolderName{"upscale_models", ModelKind::upscaler},
};

bool is_folder(const fs::path& path) {
  std::error_code error;
  return fs::is_directory(path, error);
}

std::vector<fs::path> entries_of(const fs::path& folder) {
  std::vector<fs::path> entries;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (!name.starts_with('.')) entries.push_back(entry->path());
  }
  std::ranges::sort(entries);
  return entries;
}

// NAME-00002-of-00005: where its number begins; npos for what is no part of a set.
size_t part_number_at(const std::string& stem) {
  const size_t of = stem.rfind("-of-");
  if (of == std::string::npos || of < 6 || stem[of - 6] != '-') return std::string::npos;
  const auto digits = [&](size_t begin, size_t end) {
    return begin < end && std::all_of(stem.begin() + static_cast<std::ptrdiff_t>(begin),
                                      stem.begin() + static_cast<std::ptrdiff_t>(end),
                                      [](unsigned char c) { return std::isdigit(c) != 0; });
  };
  return digits(of - 5, of) && digits(of + 4, stem.size()) ? of - 5 : std::string::npos;
}

bool is_later_part(const std::string& stem) {
  const size_t at = part_number_at(stem);
  return at != std::string::npos && stem.compare(at, 5, "00001") != 0;
}

std::string name_of_file(const fs::path& path) {
  if (has_pickle_name(path)) return path.filename().string();
  std::string stem = path.stem().string();
  const size_t at = part_number_at(stem);
  if (at != std::string::npos) stem.resize(at - 1);
  return stem;
}

bool is_model_file(const fs::path& path) {
  const std::string ending = ascii_lower(path.extension().string());
  if (ending == ".gguf" || ending == ".safetensors") return !is_later_part(path.stem().string());
  return has_pickle_name(path) && is_pickle(path);
}

bool holds_gguf(const fs::path& folder) {
  return std::ranges::any_of(entries_of(folder),
                             [](const fs::path& entry) { return ascii_lower(entry.extension().string()) == ".gguf"; });
}

// Repositories of GGUF files often have the original's config.json beside them.
bool is_model_folder(const fs::path& path) {
  std::error_code error;
  if (is_pipeline_folder(path) || fs::is_regular_file(path / "adapter_config.json", error)) return true;
  return is_hf_folder(path) && (!find_safetensors(path).empty() || !holds_gguf(path));
}

// Of the cache: people's programs fetch tokenizers and configurations alone, too.
bool has_weights(const fs::path& folder) {
  if (is_pipeline_folder(folder) || !is_hf_folder(folder) || !find_safetensors(folder).empty()) return true;
  return std::ranges::any_of(entries_of(folder), has_pickle_name);
}

fs::path without_last_slash(const fs::path& path) {
  return path.has_filename() ? path : path.parent_path();
}

class ModelWalk {
 public:
  // `place`: of the folder, as FoundModel's.
  void folder(const fs::path& path, ModelKind kind, const std::string& place, int depth = 0) {
    std::error_code error;
    const fs::path real = fs::canonical(path, error);
    if (error || depth > deepest_folder || seen_.size() >= most_folders || !seen_.insert(real).second) return;
    for (const fs::path& entry : entries_of(path)) {
      if (fs::is_directory(entry, error)) {
        const std::string name = entry.filename().string();
        if (is_model_folder(entry)) {
          add(entry, name, place, kind);
        } else {
          const ModelKind named = kind_of_folder_name(name);
          folder(entry, named == ModelKind::unknown ? kind : named, place + "/" + name, depth + 1);
        }
      } else if (fs::is_regular_file(entry, error) && is_model_file(entry)) {
        add(entry, name_of_file(entry), place, kind);
      }
    }
  }

  void add(const fs::path& path, std::string name, std::string place, ModelKind kind) {
    found_.push_back({path, std::move(name), std::move(place), kind});
  }

  std::vector<FoundModel> take() {
    std::ranges::sort(found_, {}, &FoundModel::path);
    return std::move(found_);
  }

 private:
  std::set<fs::path> seen_;  // links may lead back
  std::vector<FoundModel> found_;
};

bool holds_repositories(const fs::path& folder) {
  return std::ranges::any_of(entries_of(folder), [](const fs::path& entry) {
    return entry.filename().string().starts_with(cached_repository) && is_folder(entry / "snapshots");
  });
}

// models--ORGANISATION--NAME
std::string repository_name(const fs::path& folder) {
  std::string name = folder.filename().string().substr(std::string_view(cached_repository).size());
  const size_t dashes = name.find("--");
  if (dashes != std::string::npos) name.replace(dashes, 2, "/");
  return name;
}

// What "main" points to, or else the one that changed last.
fs::path snapshot_of(const fs::path& repository) {
  std::error_code error;
  const fs::path snapshots = repository / "snapshots", reference = repository / "refs" / "main";
  if (fs::is_regular_file(reference, error)) {
    try {
      std::string revision = read_text_file(reference, 256);
      revision.erase(std::min(revision.find_first_of("\r\n"), revision.size()));
      if (!revision.empty() && revision.find('/') == std::string::npos && is_folder(snapshots / revision))
        return snapshots / revision;
    } catch (const Error&) {  // the newest, then
    }
  }
  fs::path newest;
  fs::file_time_type latest{};
  for (const fs::path& entry : entries_of(snapshots)) {
    const auto changed = fs::last_write_time(entry, error);
    if (error || (!newest.empty() && changed <= latest)) continue;
    newest = entry;
    latest = changed;
  }
  return newest;
}

void find_cached(const fs::path& hub, ModelWalk& walk) {
  for (const fs::path& repository : entries_of(hub)) {
    if (!repository.filename().string().starts_with(cached_repository)) continue;
    const fs::path snapshot = snapshot_of(repository);
    if (snapshot.empty()) continue;
    const std::string name = repository_name(repository);
    if (!is_model_folder(snapshot)) {
      walk.folder(snapshot, ModelKind::unknown, name);
    } else if (has_weights(snapshot)) {
      walk.add(snapshot, name, "", ModelKind::unknown);
    }
  }
}

// Lists are made often; what is wrong with a file is said once.
void warn_once(const Error& error) {
  static std::mutex mutex;
  static std::set<std::string> said;
  const std::lock_guard lock(mutex);
  if (said.insert(error.what()).second) log_warning(error.what());
}

// Elsewhere than in the program's folder; what both name is found once.
void find_extra(const fs::path& root, ModelWalk& walk) {
  const fs::path file = extra_model_paths_file(root);
  if (file.empty()) return;
  try {
    for (const ExtraModelFolder& extra : read_extra_model_paths(file)) {
      const fs::path folder = without_last_slash(extra.path);
      walk.folder(folder, extra.kind, (folder.parent_path().filename() / folder.filename()).generic_string());
    }
  } catch (const Error& error) {
    warn_once(error);
  }
}

}  // namespace

const char* layout_name(FolderLayout layout) {
  switch (layout) {
    case FolderLayout::comfyui:
      return "ComfyUI";
    case FolderLayout::a1111:
      return "A1111";
    case FolderLayout::huggingface:
      return "Hugging Face";
    case FolderLayout::plain:
      return "folder";
  }
  return "";
}

FolderLayout layout_of(const fs::path& root) {
  for (const fs::path& hub : {root / "hub", root}) {
    if (holds_repositories(hub)) return FolderLayout::huggingface;
  }
  for (const fs::path& models : {root / "models", root}) {
    if (is_folder(models / "Stable-diffusion")) return FolderLayout::a1111;
    if (is_folder(models / "checkpoints") || is_folder(models / "diffusion_models")) return FolderLayout::comfyui;
  }
  return FolderLayout::plain;
}

std::vector<FoundModel> find_models(const fs::path& root) {
  ModelWalk walk;
  const FolderLayout layout = layout_of(root);
  const std::string own = without_last_slash(root).filename().string();
  if (layout == FolderLayout::huggingface) {
    find_cached(holds_repositories(root / "hub") ? root / "hub" : root, walk);
  } else if (layout == FolderLayout::plain) {
    if (is_model_folder(root)) {
      walk.add(root, own, "", ModelKind::unknown);
    } else {
      walk.folder(root, kind_of_folder_name(own), own);
    }
  } else {
    // The rest of the program's folder holds code, outputs and extensions.
    const bool inside = !is_folder(root / "models");
    walk.folder(inside ? root : root / "models", ModelKind::unknown, inside ? own : own + "/models");
    if (layout == FolderLayout::comfyui) find_extra(root, walk);
    if (layout == FolderLayout::a1111) {
      const fs::path program = inside ? without_last_slash(root).parent_path() : root;
      const std::string name = program.filename().string();
      walk.folder(program / "embeddings", ModelKind::embedding, name + "/embeddings");
      walk.folder(program / "extensions" / "sd-webui-controlnet" / "models", ModelKind::control, name + "/controlnet");
    }
  }
  return walk.take();
}

std::vector<FoundModel> find_models_in(const fs::path& folder, ModelKind kind) {
  ModelWalk walk;
  walk.folder(folder, kind, without_last_slash(folder).filename().string());
  return walk.take();
}

ModelKind kind_of_folder_name(std::string_view name) {
  const std::string lower = ascii_lower(name);
  const auto* known = std::ranges::find_if(known_folder_names, [&](const auto& one) { return lower == one.name; });
  return known == known_folder_names.end() ? ModelKind::unknown : known->kind;
}

fs::path huggingface_cache() {
  const auto variable = [](const char* name) -> fs::path {
    const char* value = std::getenv(name);
    return value == nullptr ? "" : value;
  };
  if (const fs::path hub = variable("HF_HUB_CACHE"); !hub.empty()) return hub;
  if (const fs::path home = variable("HF_HOME"); !home.empty()) return home / "hub";
  const fs::path cache = variable("XDG_CACHE_HOME");
  return (cache.empty() ? home_dir() / ".cache" : cache) / "huggingface" / "hub";
}

}  // namespace diptych
