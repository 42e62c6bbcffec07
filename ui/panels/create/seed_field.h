// The seed: another one each time, or one that stays. The die draws one, the arrow takes that of the picture shown.
#pragma once

#include <QWidget>

class QLineEdit;
class QToolButton;

namespace diptych::create {

class CreateController;

class SeedField : public QWidget {
  Q_OBJECT

 public:
  explicit SeedField(CreateController* controller, QWidget* parent = nullptr);  // `controller` must outlive it

 private:
  void refresh();
  void set_seed(qint64 seed);
  QToolButton* add_button(const QString& icon_name, const QString& object_name, const QString& tip);

  CreateController* controller_;
  QLineEdit* seed_;
  QToolButton* dice_;
  QToolButton* lock_;
  QToolButton* reuse_;
};

}  // namespace diptych::create
