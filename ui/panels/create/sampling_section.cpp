#include "ui/panels/create/sampling_section.h"

#include <QComboBox>
#include <QDoubleSpinBox>
#include <QLabel>
#include <QLineEdit>
#include <QRegularExpression>
#include <QSpinBox>

#include "ui/client/text.h"
#include "ui/panels/create/create_controller.h"
#include "ui/panels/create/seed_field.h"

namespace diptych::create {

using Settings = api::ImageSettings;

SamplingSection::SamplingSection(CreateController* controller, QWidget* parent)
    : SettingsForm(controller->store(), parent) {
  add_classes();
  const QString steps = tr("How many times noise is taken away; more takes longer and shows more detail");
  add_number(
      tr("Steps"), steps, 1, 1000, [this](const Settings&) { return store()->steps(); },
      [](Settings& settings, int value) { settings.steps = value; })
      ->setObjectName(QStringLiteral("steps"));
  guidance_ = add_real(
      tr("Guidance"), tr("How closely the picture follows the prompt"), 0, 100, 0.5,
      [this](const Settings&) { return store()->guidance(); },
      [](Settings& settings, double value) { settings.guidance = value; });
  guidance_->setObjectName(QStringLiteral("guidance"));
  add_row(tr("Seed"), new SeedField(controller, noise_seed(), this),
          tr("The same seed and settings make the same picture"));
  sampler_ = add_choice(
      tr("Sampler"), tr("How a step is made from the model's prediction"),
      [](const Settings& settings) { return ui::qt(settings.sampler); },
      [](Settings& settings, const QString& name) { settings.sampler = ui::utf8(name); });
  schedule_ = add_choice(
      tr("Schedule"), tr("How the noise is spread over the steps"),
      [](const Settings& settings) { return ui::qt(settings.schedule); },
      [](Settings& settings, const QString& name) { settings.schedule = ui::utf8(name); });
  sampler_->setObjectName(QStringLiteral("sampler"));
  schedule_->setObjectName(QStringLiteral("schedule"));
  add_number(
      tr("Pictures"), tr("Made one after the other; each has the seed that follows"), 1, 10000,
      [](const Settings& settings) { return settings.count; },
      [](Settings& settings, int value) { settings.count = value; })
      ->setObjectName(QStringLiteral("count"));
  add_number(
      tr("At once"), tr("Pictures made together: a little faster each, and more memory"), 1, 64,
      [](const Settings& settings) { return settings.batch; },
      [](Settings& settings, int value) { settings.batch = value; })
      ->setObjectName(QStringLiteral("batch"));
  connect(store(), &SettingsStore::model_changed, this, &SamplingSection::list_choices);
  list_choices();
}

// Of models that know labels in place of words: a picture of each.
void SamplingSection::add_classes() {
  classes_ = new QLineEdit(this);
  const QString tip = tr("Numbers of the labels that the model was trained with; a picture of each");
  classes_->setAccessibleName(tr("Classes"));
  classes_->setAccessibleDescription(tip);
  classes_->setObjectName(QStringLiteral("classes"));
  classes_->setToolTip(tip);
  classes_->setPlaceholderText(QStringLiteral("207, 360"));
  add_row(tr("Classes"), classes_, tip);
  connect(classes_, &QLineEdit::editingFinished, this, [this] {
    static const QRegularExpression other(QStringLiteral("[^0-9]+"));
    std::vector<int> labels;
    for (const QString& number : classes_->text().split(other, Qt::SkipEmptyParts)) labels.push_back(number.toInt());
    change([&](Settings& settings) { settings.classes = labels; });
  });
  keep_fresh([this] {
    QStringList numbers;
    for (const int label : store()->settings().classes) numbers << QString::number(label);
    classes_->setText(numbers.join(QStringLiteral(", ")));
  });
}

void SamplingSection::list_choices() {
  const api::ImageModelInfo* model = store()->model();
  const auto choices = [](const std::vector<api::NamedChoice>* named, const QString& usual) {
    QList<Choice> list{{QString(), usual}};
    if (named)
      for (const api::NamedChoice& one : *named) list << Choice{ui::qt(one.name), ui::qt(one.title)};
    return list;
  };
  set_choices(sampler_, choices(model ? &model->samplers : nullptr, tr("The model's own")),
              ui::qt(store()->settings().sampler));
  set_choices(schedule_, choices(model ? &model->schedules : nullptr, tr("The sampler's usual")),
              ui::qt(store()->settings().schedule));
  set_row_visible(classes_, model && model->classes > 0);
  set_row_visible(guidance_, !model || model->uses_guidance);
}

}  // namespace diptych::create
