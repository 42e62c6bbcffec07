// What sections share whose rows are a model with a picture: control maps and pictures to resemble.
#pragma once

#include <QByteArray>
#include <QString>
#include <functional>

class QDoubleSpinBox;
class QGridLayout;
class QLabel;
class QToolButton;
class QVBoxLayout;
class QWidget;

namespace diptych::create {

class CreateService;

QToolButton* small_button(const QString& icon_name, const QString& name, QWidget* parent);

// The picture of a row, as soon as the host answers. `gone` says that the host has it no more: "… (%1). …".
QLabel* row_picture(CreateService* service, const QString& image, const QString& name, const QString& gone,
                    QWidget* row);

// A field of hundredths below its caption, in the column of a row's grid; `row_name` tells it from those of other rows.
QDoubleSpinBox* add_row_field(QGridLayout* grid, int column, const QString& row_name, const QString& caption,
                              const QString& tip, double value, double most, int top = 1);

void clear_rows(QVBoxLayout* rows);

// Asks for a file and reads it; what cannot be read is empty.
void choose_picture(QWidget* parent, const QString& title, const std::function<void(const QByteArray&)>& then);

}  // namespace diptych::create
