// Which models there are, and what is known of them without loading one.
#include <algorithm>

#include "engine/core/error.h"
#include "engine/host/errors.h"
#include "engine/host/image_files.h"
#include "engine/host/model_manager.h"
#include "engine/io/ascii.h"
#include "engine/io/model_index.h"
#include "engine/io/model_ref.h"
#include "engine/io/paths.h"
#include "engine/io/pickle.h"
#include "engine/io/side_files.h"

namespace diptych::host {
namespace {

namespace fs = std::filesystem;

// Models, and what might be one; not the files that are used with them.
bool is_listed(const LibraryModel& model) {
  using enum diptych::ModelKind;
  if (model.kind != unknown) return model.kind == text || model.kind == image;
  if (has_pickle_name(model.path)) return ascii_lower(model.path.extension().string()) == ".ckpt";
  return model.layout == FolderLayout::plain || !(model.description || !model.why.empty());
}

}  // namespace

ModelManager::Entry& ModelManager::add(const fs::path& path, const std::string& id, const LibraryModel* known) {
  Entry& entry = entries_[id];
  entry.info.id = id;
  entry.info.path = path.string();
  entry.info.shipped = path.parent_path() == shipped_models_dir();
  std::error_code error;
  entry.changed = fs::last_write_time(path, error);
  if (known != nullptr) {
    describe(entry, *known);
  } else {
    describe(entry);
  }
  return entry;
}

void ModelManager::describe(Entry& entry, const LibraryModel& known) {
  api::ModelInfo& info = entry.info;
  info.origin = origin_of(known);
  entry.told = known.description ? std::optional(known.description->kind) : std::nullopt;
  if (known.why.empty()) {
    describe(entry);
    return;
  }
  const bool image = known.kind == diptych::ModelKind::image || has_pickle_name(known.path);
  info.kind = image ? api::ModelKind::image : api::ModelKind::text;
  info.name = known.name;
  info.size_bytes = known.size_bytes;
  info.state = api::ModelState::failed;
  info.error = api::make_error("unsupported", "cannot open model", known.path.string(), known.why, known.to_do);
}

void ModelManager::describe(Entry& entry) {
  api::ModelInfo& info = entry.info;
  try {
    if (hooks_.images != nullptr &&
        (entry.told ? *entry.told == diptych::ModelKind::image : hooks_.images->handles(info.path))) {
      describe_image(entry);
      return;
    }
    const TextDescription description = loader_.describe(info.path);
    info.name = description.name;
    info.architecture = description.architecture;
    info.quantization = description.quantization;
    info.size_bytes = description.size_bytes;
    info.parameters = description.parameters;
    info.context_length = description.context_length;
    entry.readable = true;
    info.error.reset();
    if (info.state == api::ModelState::failed) info.state = api::ModelState::available;
    predict(entry, settings_for(entry, 0, ""));
  } catch (const Error& error) {
    info.name = info.name.empty() ? info.id : info.name;
    info.state = api::ModelState::failed;
    info.error = host::describe(error);
    info.memory_bytes.reset();
  }
}

void ModelManager::describe_image(Entry& entry) const {
  api::ModelInfo& info = entry.info;
  info.kind = api::ModelKind::image;
  info.needs = hooks_.images->needs(info.path);
  const ImageDescription description = hooks_.images->describe(info.path);
  info.name = description.name;
  info.architecture = description.family;
  info.quantization = description.quantization;
  info.size_bytes = description.size_bytes;
  info.parameters = description.parameters;
  info.error.reset();
  if (info.state == api::ModelState::failed) info.state = api::ModelState::available;
}

LoadSettings ModelManager::settings_for(const Entry& entry, int64_t context_tokens, const std::string& kv) const {
  const api::HostSettings host = hooks_.settings();
  LoadSettings settings;
  const int64_t made_for = entry.info.context_length > 0 ? entry.info.context_length : 4096;
  settings.context_tokens = context_tokens > 0        ? context_tokens
                            : host.context_tokens > 0 ? std::min<int64_t>(host.context_tokens, made_for)
                                                      : std::min<int64_t>(made_for, 8192);
  settings.kv = kv.empty() ? host.kv : kv;
  return settings;
}

void ModelManager::predict(Entry& entry, const LoadSettings& settings) {
  if (entry.info.memory_bytes && entry.predicted_for.context_tokens == settings.context_tokens &&
      entry.predicted_for.kv == settings.kv) {
    return;
  }
  const MemoryPrediction prediction = loader_.predict(entry.info.path, settings);
  entry.predicted_for = settings;
  entry.info.memory_bytes = prediction.memory_bytes;
  entry.info.context_tokens = settings.context_tokens;
  entry.decode_bytes = prediction.decode_bytes;
}

void ModelManager::scan() {
  for (const LibraryModel& model : index_library(hooks_.describe)) {
    if (!is_listed(model)) continue;
    const std::string path = model.path.string();
    std::string id = model.name;
    const auto before = std::ranges::find_if(entries_, [&](const auto& one) { return one.second.info.path == path; });
    if (before != entries_.end() && before->first != id) {
      // Its name changes with others that come and go; what is in use keeps it.
      if (before->second.model || before->second.job) {
        id = before->first;
      } else {
        entries_.erase(before);
      }
    }
    auto found = entries_.find(id);
    if (found != entries_.end() && found->second.info.path != path) {
      if (found->second.model || found->second.job) {
        id = path;
      } else {
        entries_.erase(found);
      }
      found = entries_.find(id);
    }
    std::error_code error;
    const auto changed = fs::last_write_time(path, error);
    if (found == entries_.end()) {
      add(path, id, &model);
    } else if ((found->second.changed != changed || !found->second.info.needs.empty()) && !found->second.model &&
               !found->second.job) {
      found->second.changed = changed;
      found->second.info.memory_bytes.reset();
      describe(found->second, model);
    }
  }
  // Files that are gone; what is loaded stays until it is unloaded.
  for (auto it = entries_.begin(); it != entries_.end();) {
    std::error_code error;
    const bool gone = !it->second.model && !it->second.job && !fs::exists(it->second.info.path, error);
    it = gone ? entries_.erase(it) : std::next(it);
  }
}

void ModelManager::complete(Entry& entry, api::ModelInfo& info) const {
  info.free_bytes = hooks_.memory->free_bytes();
  info.keep_alive_s = entry.keep_alive_s.value_or(hooks_.settings().keep_alive_s);
  if (entry.model) info.memory_bytes = entry.model->memory().total_bytes;
  const Roofline roofline = hooks_.roofline();
  if (!info.tokens_per_s && roofline.bandwidth_gb_s > 0 && entry.decode_bytes > 0) {
    info.tokens_per_s = roofline.bandwidth_gb_s * 1e9 / entry.decode_bytes;
  }
}

std::vector<api::ModelInfo> ModelManager::list() {
  const std::lock_guard lock(mutex_);
  scan();
  std::vector<api::ModelInfo> models;
  for (auto& [id, entry] : entries_) {
    if (entry.readable && !entry.model && !entry.job) {
      try {
        predict(entry, settings_for(entry, 0, ""));  // the host's settings may have changed
      } catch (const Error& error) {
        entry.info.error = host::describe(error);
      }
    }
    models.push_back(entry.info);
    complete(entry, models.back());
  }
  return models;
}

std::string ModelManager::resolve(const std::string& name) {
  const std::lock_guard lock(mutex_);
  if (name.empty()) refuse("model", "it is empty");
  if (entries_.contains(name)) return name;
  scan();
  if (entries_.contains(name)) return name;
  std::error_code error;
  const fs::path path = fs::absolute(resolve_model(name), error);
  for (const auto& [id, entry] : entries_) {
    if (fs::equivalent(entry.info.path, path, error)) return id;
  }
  std::string id = path.has_filename() ? side_file_name(path) : path.parent_path().filename().string();
  if (entries_.contains(id)) id = path.string();
  add(path, id);
  return id;
}

ModelManager::Entry& ModelManager::entry(const std::string& id) {
  const auto found = entries_.find(id);
  if (found == entries_.end()) {
    throw Error(ErrorCategory::not_found, "cannot find model", id, "it is no longer there", "list the models again");
  }
  return found->second;
}

api::ModelInfo ModelManager::info(const std::string& id) {
  const std::lock_guard lock(mutex_);
  Entry& found = entry(id);
  api::ModelInfo info = found.info;
  complete(found, info);
  return info;
}

}  // namespace diptych::host
