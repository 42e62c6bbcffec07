// Control models beside an image model: loaded when a run names them, kept while the next ones do.
#pragma once

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "engine/core/context.h"
#include "engine/model/registry.h"

namespace diptych::host {

class LoadedControls {
 public:
  explicit LoadedControls(bool stream) : stream_(stream) {}  // weights are read from their files when they are used

  void keep_only(const std::map<std::string, std::filesystem::path>& files) {
    std::erase_if(models_, [&](const auto& model) {
      return std::none_of(files.begin(), files.end(), [&](const auto& file) { return file.second == model.first; });
    });
  }
  std::shared_ptr<const ControlModel> get(Context& ctx, const ModelRegistry& registry,
                                          const std::filesystem::path& path) {
    std::shared_ptr<const ControlModel>& model = models_[path];
    if (!model) {
      LoadOptions options;
      options.cancel = ctx.cancel;
      options.stream = stream_;
      model = registry.load_control_model(ctx, open_model(path), options);
    }
    return model;
  }

 private:
  bool stream_;
  std::map<std::filesystem::path, std::shared_ptr<const ControlModel>> models_;
};

}  // namespace diptych::host
