// One axis of a plot: what changes along it, and the values.
#pragma once

#include <QWidget>
#include <optional>

#include "engine/api/image.h"
#include "ui/panels/create/plot_values.h"

class QComboBox;
class QLineEdit;
class QToolButton;

namespace diptych::create {

class CreateController;

class PlotAxisRow : public QWidget {
  Q_OBJECT

 public:
  PlotAxisRow(CreateController* controller, const QString& name, QWidget* parent = nullptr);

  void set(const QString& field, const QString& values);
  bool used() const;
  void focus_values();
  std::optional<api::PlotAxis> axis(QString* why) const;  // none: unused, or not understood and `why` is set

 signals:
  void changed();

 private:
  struct Field {
    QString name, title;
    AxisKind kind;
    QStringList choices;  // offered by the button
    QString hint;
  };
  QList<Field> fields() const;
  void choose_value();

  CreateController* controller_;
  QList<Field> fields_;
  QComboBox* field_;
  QLineEdit* values_;
  QToolButton* choices_;
};

}  // namespace diptych::create
