// Width and height: the usual ones of the model's family, any other that it can make, and the two swapped.
#pragma once

#include "ui/panels/create/settings_form.h"

class QToolButton;

namespace diptych::create {

class SizeSection : public SettingsForm {
  Q_OBJECT

 public:
  explicit SizeSection(SettingsStore* store, QWidget* parent = nullptr);

 private:
  void list_presets();
  void refresh_fields();
  void set_size(int width, int height);

  QComboBox* presets_;
  QSpinBox* width_;
  QSpinBox* height_;
};

// "512 × 768 (2:3)".
QString size_name(int width, int height);

}  // namespace diptych::create
