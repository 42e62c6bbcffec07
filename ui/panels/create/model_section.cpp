#include "ui/panels/create/model_section.h"

#include <QComboBox>
#include <QLabel>

#include "ui/client/text.h"
#include "ui/panels/create/create_controller.h"
#include "ui/panels/create/missing_model_box.h"
#include "ui/widgets/quantity.h"

namespace diptych::create {
namespace {

QString model_title(const api::ModelInfo& model) {
  const QString name = ui::qt(model.name.empty() ? model.id : model.name);
  return model.shipped ? ModelSection::tr("%1 (included)").arg(name) : name;
}

}  // namespace

ModelSection::ModelSection(CreateController* controller, QWidget* parent)
    : SettingsForm(controller->store(), parent), controller_(controller) {
  model_ = add_choice(
      tr("Model"), tr("The model that makes the picture; it is loaded when it is needed"),
      [](const api::ImageSettings& settings) { return ui::qt(settings.model); },
      [](api::ImageSettings& settings, const QString& name) { settings.model = ui::utf8(name); });
  model_->setObjectName(QStringLiteral("model"));
  connect(model_, &QComboBox::activated, this, [this] { store()->confirm_model(); });
  add_wide(new MissingModelBox(controller->missing(), this));
  connect(controller, &CreateController::models_changed, this, &ModelSection::list_models);
  list_models();
}

void ModelSection::list_models() {
  QList<Choice> choices;
  for (const api::ModelInfo& model : controller_->models()) choices << Choice{ui::qt(model.id), model_title(model)};
  set_choices(model_, choices, ui::qt(store()->settings().model));
  for (int i = 0; i < static_cast<int>(controller_->models().size()); ++i) {
    const api::ModelInfo& model = controller_->models()[static_cast<size_t>(i)];
    model_->setItemData(i,
                        QStringLiteral("%1\n%2\n%3 · %4")
                            .arg(model_title(model), ui::qt(model.path), ui::qt(model.architecture),
                                 ui::format_bytes(static_cast<double>(model.size_bytes))),
                        Qt::ToolTipRole);
  }
}

}  // namespace diptych::create
