// How a picture is enlarged, as rows of a form; they write only while its settings have an enlargement.
#pragma once

#include <QList>

class QWidget;

namespace diptych::create {

class CreateController;
class SettingsForm;

QList<QWidget*> add_upscale_fields(SettingsForm* form, CreateController* controller);
QList<QWidget*> add_tile_fields(SettingsForm* form);  // in which it is made anew

}  // namespace diptych::create
