// Models of the engine as the host loads them.
#pragma once

#include <memory>

#include "engine/host/chat/text_model.h"
#include "engine/model/registry.h"

namespace diptych::host {

class EngineLoader final : public ModelLoader {
 public:
  // threads: 0 takes every core that this process may use.
  EngineLoader(std::shared_ptr<const ModelRegistry> registry, int threads)
      : registry_(std::move(registry)), threads_(threads) {}

  TextDescription describe(const std::filesystem::path& path) const override;
  // Loads and runs the model on the meta device: its own code says what it allocates and moves.
  MemoryPrediction predict(const std::filesystem::path& path, const LoadSettings& settings) const override;
  std::unique_ptr<TextModel> load(const std::filesystem::path& path, const LoadSettings& settings,
                                  const std::function<void(double)>& progress,
                                  const CancelToken& cancel) const override;

 private:
  std::shared_ptr<const ModelRegistry> registry_;
  int threads_;
};

}  // namespace diptych::host
