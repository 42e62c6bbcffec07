// One of several things that are used with a strength: its name, the strength, and a way to remove it.
#pragma once

#include <QWidget>

class QDoubleSpinBox;
class QToolButton;

namespace diptych::ui {

class ElidedLabel;

class StrengthRow : public QWidget {
  Q_OBJECT

 public:
  explicit StrengthRow(const QString& name, QWidget* parent = nullptr);

  ElidedLabel* label() { return label_; }
  QDoubleSpinBox* strength() { return strength_; }
  QToolButton* remove() { return remove_; }

 private:
  ElidedLabel* label_;
  QDoubleSpinBox* strength_;
  QToolButton* remove_;
};

}  // namespace diptych::ui
