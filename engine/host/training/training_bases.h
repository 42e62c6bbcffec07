// Which models of the library can be trained, and how. What a model's code says is remembered while its file stays.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "engine/api/training.h"
#include "engine/host/models/model_manager.h"
#include "engine/model/registry.h"
#include "engine/plan/trainable.h"

namespace diptych::host {

class TrainingBases {
 public:
  TrainingBases(std::shared_ptr<const ModelRegistry> registry, ModelManager& models)
      : registry_(std::move(registry)), models_(models) {}

  api::TrainingBases list();
  api::TrainingBase get(const std::string& id);  // Error (not_found)

  plan::Trainable trainable(const std::filesystem::path& path, train::BaseKind kind);

  // The same model with quantized weights; empty where there is none.
  std::string quantized_twin(const std::string& id);

 private:
  struct Known {
    std::filesystem::file_time_type changed;
    plan::Trainable trainable;
  };
  api::TrainingBase base_of(const api::ModelInfo& model);

  std::shared_ptr<const ModelRegistry> registry_;
  ModelManager& models_;
  std::mutex mutex_;
  std::map<std::filesystem::path, Known> known_;
};

}  // namespace diptych::host
