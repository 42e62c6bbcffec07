// How a picture is enlarged, as rows of a form; they write only while its settings have an enlargement.
#pragma once

#include <QList>

class QWidget;

namespace diptych::create {

class CreateController;
class SettingsForm;

struct UpscaleFields {
  QWidget* scale;
  QWidget* upscaler;
  QWidget* tile;
  QWidget* overlap;

  QList<QWidget*> all() const { return {scale, upscaler, tile, overlap}; }
};

UpscaleFields add_upscale_fields(SettingsForm* form, CreateController* controller);

}  // namespace diptych::create
