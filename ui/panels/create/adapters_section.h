// LoRA and its like with their strengths, and another autoencoder than the model's own.
#pragma once

#include <QWidget>

class QComboBox;
class QPushButton;
class QToolButton;
class QVBoxLayout;

namespace diptych::create {

class CreateController;
class SettingsForm;

class AdaptersSection : public QWidget {
  Q_OBJECT

 public:
  explicit AdaptersSection(CreateController* controller, QWidget* parent = nullptr);  // `controller` must outlive it

 private:
  void show_adapters();
  void list_files();
  QWidget* make_row(size_t index);
  void open_menu();
  void show_encoders();
  void open_encoders();

  CreateController* controller_;
  SettingsForm* form_;
  QComboBox* vae_;
  QPushButton* encoders_ = nullptr;
  QToolButton* add_;
  QVBoxLayout* rows_;
  QStringList shown_;  // the files of the rows
};

}  // namespace diptych::create
