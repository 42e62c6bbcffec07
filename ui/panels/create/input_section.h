// Image to image: the picture that is started from, how much of it is made anew, the mask, and edges to add.
#pragma once

#include <QWidget>

class QLabel;
class QPushButton;

namespace diptych::create {

class CreateController;
class SettingsForm;

class InputSection : public QWidget {
  Q_OBJECT

 public:
  explicit InputSection(CreateController* controller, QWidget* parent = nullptr);  // `controller` must outlive it

 signals:
  void open_requested();
  void paint_requested();

 private:
  void add_fields();
  void add_enlargement();
  void refresh();

  CreateController* controller_;
  QLabel* thumbnail_;
  QPushButton* open_;
  QPushButton* paint_;
  QPushButton* remove_;
  SettingsForm* form_;
};

}  // namespace diptych::create
