#include "engine/host/training/training_bases.h"

namespace diptych::host {

plan::Trainable TrainingBases::trainable(const std::filesystem::path& path, train::BaseKind kind) {
  std::error_code error;
  const auto changed = std::filesystem::last_write_time(path, error);
  {
    const std::lock_guard lock(mutex_);
    const auto known = known_.find(path);
    if (known != known_.end() && known->second.changed == changed) return known->second.trainable;
  }
  plan::Trainable asked = plan::trainable_model(*registry_, path, kind);
  const std::lock_guard lock(mutex_);
  known_[path] = {changed, asked};
  return asked;
}

api::TrainingBase TrainingBases::base_of(const api::ModelInfo& model) {
  api::TrainingBase base;
  base.id = model.id;
  base.name = model.name;
  base.path = model.path;
  base.kind = model.kind == api::ModelKind::image ? api::TrainingKind::image : api::TrainingKind::text;
  base.architecture = model.architecture;
  base.quantization = model.quantization;
  base.size_bytes = model.size_bytes;
  base.parameters = model.parameters;
  if (model.error) {
    base.why_not = model.error->why;
    return base;
  }
  const bool image = base.kind == api::TrainingKind::image;
  const plan::Trainable can = trainable(model.path, image ? train::BaseKind::image : train::BaseKind::text);
  base.trainable = can.adapters;
  base.why_not = can.why_not;
  if (can.adapters && can.quantized) base.methods = {"qlora"};
  if (can.adapters && !can.quantized) base.methods = {"lora", "dora", "loha", "lokr"};
  if (can.full) base.methods.emplace_back("full");
  if (can.words) base.methods.emplace_back("textual_inversion");
  base.text_encoders = can.text_encoders;
  return base;
}

api::TrainingBases TrainingBases::list() {
  api::TrainingBases list;
  for (const api::ModelInfo& model : models_.list()) list.bases.push_back(base_of(model));
  return list;
}

api::TrainingBase TrainingBases::get(const std::string& id) {
  return base_of(models_.info(models_.resolve(id)));
}

std::string TrainingBases::quantized_twin(const std::string& id) {
  const api::ModelInfo own = models_.info(models_.resolve(id));
  for (const api::ModelInfo& model : models_.list()) {
    const bool same = model.kind == own.kind && model.architecture == own.architecture && own.parameters > 0 &&
                      model.parameters == own.parameters && model.id != own.id && !model.error;
    if (same && trainable(model.path, train::BaseKind::text).quantized) return model.id;
  }
  return {};
}

}  // namespace diptych::host
