#include "ui/panels/create/settings_store.h"

#include <algorithm>

namespace diptych::create {

int round_side(int pixels, int multiple) {
  return std::max(multiple, (pixels + multiple / 2) / multiple * multiple);
}

void SettingsStore::change(const std::function<void(api::ImageSettings&)>& change) {
  api::ImageSettings next = settings_;
  change(next);
  if (next == settings_) return;
  if (next.model != settings_.model) proposed_ = false;
  settings_ = std::move(next);
  emit changed();
}

void SettingsStore::set_model(const std::optional<api::ImageModelInfo>& model) {
  model_ = model;
  if (model_)
    change([this](api::ImageSettings& settings) {
      if (settings.width > 0) settings.width = round_side(settings.width, side_multiple());
      if (settings.height > 0) settings.height = round_side(settings.height, side_multiple());
    });
  emit model_changed();
}

void SettingsStore::propose_model(const std::string& id) {
  change([&](api::ImageSettings& settings) { settings.model = id; });
  proposed_ = true;
}

QByteArray SettingsStore::save() const {
  api::ImageSettings settings = settings_;
  if (proposed_) settings.model.clear();
  return QByteArray::fromStdString(api::dump(api::to_json(settings)));
}

// What another version wrote may not be readable; then the usual settings hold.
void SettingsStore::restore(const QByteArray& saved) {
  const auto json = api::parse(saved.toStdString());
  if (!json) return;
  try {
    auto settings = api::from_json<api::ImageSettings>(*json);
    api::check(settings);
    set(settings);
  } catch (const api::FieldError&) {
  }
}

}  // namespace diptych::create
