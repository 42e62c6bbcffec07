// Model, size, steps, guidance, seed, sampler and schedule, how many: what people change first.
#pragma once

#include "ui/panels/create/settings_form.h"

class QLineEdit;

namespace diptych::create {

class CreateController;

class SamplingSection : public SettingsForm {
  Q_OBJECT

 public:
  explicit SamplingSection(CreateController* controller, QWidget* parent = nullptr);  // `controller` must outlive it

 private:
  void add_classes();
  void list_choices();

  QComboBox* sampler_;
  QComboBox* schedule_;
  QDoubleSpinBox* guidance_;
  QLineEdit* classes_ = nullptr;
};

}  // namespace diptych::create
