// What few change, folded away: clip skip, guidance in detail, a second pass, random numbers, memory.
#pragma once

#include <QWidget>

class QMenu;
class QToolButton;

namespace diptych::create {

class CreateController;
class SettingsForm;

class AdvancedSection : public QWidget {
  Q_OBJECT

 public:
  explicit AdvancedSection(CreateController* controller, QWidget* parent = nullptr);  // `controller` must outlive it

  void set_open(bool open);
  bool open() const;

 signals:
  void toggled(bool open);

 private:
  void add_guidance();
  void add_perturbed_attention();
  void fill_layers(QMenu* menu);
  void add_flow_shift();
  void add_refiner();
  void add_second_pass();
  void add_variation();
  void add_random_numbers();
  void add_memory();

  CreateController* controller_;
  QToolButton* button_;
  SettingsForm* form_;
};

}  // namespace diptych::create
