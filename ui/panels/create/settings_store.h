// What the next picture is asked to be, and the model that it is for. Every field of the panel reads and writes it
// here.
#pragma once

#include <QObject>
#include <functional>
#include <optional>

#include "engine/api/image_model.h"
#include "engine/api/image_settings.h"

namespace diptych::create {

class SettingsStore : public QObject {
  Q_OBJECT

 public:
  using QObject::QObject;

  const api::ImageSettings& settings() const { return settings_; }
  const api::ImageModelInfo* model() const { return model_ ? &*model_ : nullptr; }
  void change(const std::function<void(api::ImageSettings&)>& change);
  void set(const api::ImageSettings& settings) {
    change([&](api::ImageSettings& now) { now = settings; });
  }
  void set_model(const std::optional<api::ImageModelInfo>& model);
  // A model that nobody chose: it is not remembered before it is used.
  void propose_model(const std::string& id);
  bool proposed() const { return proposed_; }
  void confirm_model() { proposed_ = false; }

  // What zero stands for, once the model is known.
  int width() const { return usual(settings_.width, &api::ImageModelInfo::width, 512); }
  int height() const { return usual(settings_.height, &api::ImageModelInfo::height, 512); }
  int steps() const { return usual(settings_.steps, &api::ImageModelInfo::steps, 20); }
  double guidance() const { return settings_.guidance.value_or(model_ ? model_->guidance : 7.5); }
  int side_multiple() const { return model_ ? std::max(1, model_->side_multiple) : 8; }

  QByteArray save() const;  // JSON
  void restore(const QByteArray& saved);

 signals:
  void changed();
  void model_changed();

 private:
  int usual(int value, int api::ImageModelInfo::*field, int fallback) const {
    return value > 0 ? value : model_ ? (*model_).*field : fallback;
  }

  api::ImageSettings settings_;
  std::optional<api::ImageModelInfo> model_;
  bool proposed_ = false;
};

// A side as the model can make it: the nearest multiple.
int round_side(int pixels, int multiple);

}  // namespace diptych::create
