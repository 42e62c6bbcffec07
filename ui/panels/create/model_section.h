// Which model makes the picture, and the autoencoder that decodes it.
#pragma once

#include "ui/panels/create/settings_form.h"

namespace diptych::create {

class CreateController;

class ModelSection : public SettingsForm {
  Q_OBJECT

 public:
  explicit ModelSection(CreateController* controller, QWidget* parent = nullptr);  // `controller` must outlive it

 private:
  void list_models();

  CreateController* controller_;
  QComboBox* model_;
};

}  // namespace diptych::create
