#include "ui/panels/create/upscale_fields.h"

#include <QComboBox>
#include <QCoreApplication>
#include <QDoubleSpinBox>
#include <QSpinBox>

#include "ui/client/text.h"
#include "ui/panels/create/create_controller.h"
#include "ui/panels/create/settings_form.h"

namespace diptych::create {
namespace {

using Upscale = api::ImageUpscale;

QString in_words(const char* text) {
  return QCoreApplication::translate("diptych::create", text);
}

template <typename T>
SettingsForm::Read<T> upscale_value(T Upscale::*field) {
  return [field](const api::ImageSettings& settings) { return settings.upscale.value_or(Upscale()).*field; };
}
template <typename T>
SettingsForm::Write<T> set_upscale_value(T Upscale::*field) {
  return [field](api::ImageSettings& settings, const T& value) {
    if (settings.upscale) (*settings.upscale).*field = value;
  };
}

void list_upscalers(QComboBox* box, SettingsForm* form, CreateController* controller) {
  QList<Choice> choices;
  for (const QString& name : controller->file_names(api::ImageFileKind::upscaler)) choices << Choice{name, name};
  choices << Choice{QStringLiteral("lanczos"), in_words("Lanczos")}
          << Choice{QStringLiteral("bicubic"), in_words("Bicubic")}
          << Choice{QStringLiteral("latent"), in_words("Latent")};
  const auto& set = form->store()->settings().upscale;
  SettingsForm::set_choices(box, choices, set ? ui::qt(set->upscaler) : QString());
}

}  // namespace

QList<QWidget*> add_upscale_fields(SettingsForm* form, CreateController* controller) {
  QDoubleSpinBox* scale = form->add_real(in_words("Enlarged by"), in_words("How much longer both sides become"), 1, 8,
                                         0.25, upscale_value(&Upscale::scale), set_upscale_value(&Upscale::scale));
  scale->setObjectName(QStringLiteral("upscaleBy"));
  QComboBox* upscaler = form->add_choice(
      in_words("Upscaler"), in_words("How it is enlarged: a network of the folder “upscale_models”, or by a filter"),
      [](const api::ImageSettings& settings) {
        return settings.upscale ? ui::qt(settings.upscale->upscaler) : QString();
      },
      [](api::ImageSettings& settings, const QString& name) {
        if (settings.upscale) settings.upscale->upscaler = ui::utf8(name);
      });
  upscaler->setObjectName(QStringLiteral("upscaler"));
  list_upscalers(upscaler, form, controller);
  QObject::connect(controller, &CreateController::files_changed, upscaler,
                   [upscaler, form, controller] { list_upscalers(upscaler, form, controller); });
  return {scale, upscaler};
}

QList<QWidget*> add_tile_fields(SettingsForm* form) {
  QSpinBox* tile = form->add_number(
      in_words("Tile"), in_words("Side of the tiles that are made anew: larger ones see more, and take more memory"), 0,
      4096, upscale_value(&Upscale::tile), set_upscale_value(&Upscale::tile));
  tile->setSingleStep(64);
  tile->setSuffix(QStringLiteral(" px"));
  tile->setSpecialValueText(in_words("The model's size"));
  QSpinBox* overlap = form->add_number(in_words("Overlap"), in_words("Pixels that neighbouring tiles share"), 0, 1024,
                                       upscale_value(&Upscale::overlap), set_upscale_value(&Upscale::overlap));
  overlap->setSingleStep(8);
  overlap->setSuffix(QStringLiteral(" px"));
  return {tile, overlap};
}

}  // namespace diptych::create
