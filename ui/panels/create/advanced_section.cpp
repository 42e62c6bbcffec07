#include "ui/panels/create/advanced_section.h"

#include <QCheckBox>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QLocale>
#include <QMenu>
#include <QPushButton>
#include <QRandomGenerator>
#include <QSpinBox>
#include <QToolButton>
#include <QVBoxLayout>
#include <algorithm>
#include <functional>

#include "ui/client/text.h"
#include "ui/panels/create/create_controller.h"
#include "ui/panels/create/seed_field.h"
#include "ui/panels/create/settings_form.h"
#include "ui/theme/typography.h"

namespace diptych::create {

using Settings = api::ImageSettings;

namespace {

constexpr int button_margin = 8;

}  // namespace

AdvancedSection::AdvancedSection(CreateController* controller, QWidget* parent)
    : QWidget(parent),
      controller_(controller),
      button_(new QToolButton(this)),
      form_(new SettingsForm(controller->store(), this)) {
  button_->setText(tr("Advanced"));
  button_->setObjectName(QStringLiteral("advanced"));
  button_->setCheckable(true);
  button_->setAutoRaise(true);
  button_->setArrowType(Qt::RightArrow);
  button_->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
  button_->setFont(ui::text_font(ui::TextSize::body, QFont::DemiBold));
  button_->setMinimumHeight(32);
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(6);
  auto* line = new QHBoxLayout;
  line->setContentsMargins(-button_margin, 0, 0, 0);  // its arrow stands where other titles begin
  line->addWidget(button_, 0, Qt::AlignLeft);
  layout->addLayout(line);
  layout->addWidget(form_);
  add_guidance();
  add_perturbed_attention();
  add_flow_shift();
  add_refiner();
  add_second_pass();
  add_variation();
  add_random_numbers();
  add_memory();
  connect(button_, &QToolButton::toggled, this, [this](bool on) {
    button_->setArrowType(on ? Qt::DownArrow : Qt::RightArrow);
    form_->setVisible(on);
    emit toggled(on);
  });
  form_->hide();
}

void AdvancedSection::set_open(bool open) {
  button_->setChecked(open);
}
bool AdvancedSection::open() const {
  return button_->isChecked();
}

void AdvancedSection::add_guidance() {
  form_->add_number(
      tr("Clip skip"), tr("CLIP's layer that is used, counted from the last, which is 1"), 1, 12,
      [](const Settings& s) { return s.clip_skip; }, [](Settings& s, int value) { s.clip_skip = value; });
  const auto share = [this](const QString& label, const QString& tip, double Settings::*field) {
    form_->add_real(
        label, tip, 0, 1, 0.05, [field](const Settings& s) { return s.*field; },
        [field](Settings& s, double value) { s.*field = value; });
  };
  share(tr("Rescale"), tr("Takes back the contrast that strong guidance adds; 0 is off"), &Settings::guidance_rescale);
  share(tr("Guided from"), tr("Share of the steps after which guidance begins"), &Settings::guidance_begin);
  share(tr("Guided to"), tr("Share of the steps after which guidance ends"), &Settings::guidance_end);
}

// Its layers are blocks of the model; patterns that were restored and name none of them are shown as they are.
void AdvancedSection::add_perturbed_attention() {
  form_
      ->add_real(
          tr("PAG"), tr("Perturbed-attention guidance; 0 is off, about 3 is usual"), 0, 20, 0.5,
          [](const Settings& s) { return s.pag_scale; }, [](Settings& s, double value) { s.pag_scale = value; })
      ->setObjectName(QStringLiteral("pagScale"));
  QDoubleSpinBox* fades = form_->add_real(
      tr("It fades by"), tr("For each of the 1000 timesteps that are behind; 0: it stays"), 0, 1, 0.001,
      [](const Settings& s) { return s.pag_adaptive; }, [](Settings& s, double value) { s.pag_adaptive = value; });
  fades->setDecimals(4);
  fades->setSpecialValueText(tr("It stays"));
  auto* layers = new QPushButton(form_);
  layers->setObjectName(QStringLiteral("pagLayers"));
  layers->setAutoDefault(false);
  layers->setAccessibleName(tr("Layers of PAG"));
  auto* menu = new QMenu(layers);
  layers->setMenu(menu);
  form_->add_row(tr("Its layers"), layers, tr("Blocks whose attention is perturbed; usually the one in the middle"));
  connect(menu, &QMenu::aboutToShow, this, [this, menu] { fill_layers(menu); });
  form_->keep_fresh([this, fades, layers] {
    const Settings& settings = controller_->store()->settings();
    const api::ImageModelInfo* model = controller_->store()->model();
    QStringList chosen;
    for (const std::string& pattern : settings.pag_layers) {
      QString title = ui::qt(pattern);
      for (const api::NamedChoice& block : model ? model->pag_layers : std::vector<api::NamedChoice>())
        if (block.name == pattern) title = ui::qt(block.title);
      chosen << title;
    }
    layers->setText(chosen.isEmpty() ? tr("The usual ones") : chosen.join(QStringLiteral(", ")));
    for (QWidget* field : {static_cast<QWidget*>(fades), static_cast<QWidget*>(layers)})
      form_->set_row_visible(field, settings.pag_scale > 0);
  });
}

void AdvancedSection::fill_layers(QMenu* menu) {
  menu->clear();
  const auto& chosen = controller_->store()->settings().pag_layers;
  const auto add = [&](const QString& text, bool on, const std::function<void(Settings&)>& change) {
    QAction* action = menu->addAction(text);
    action->setCheckable(true);
    action->setChecked(on);
    connect(action, &QAction::triggered, this, [this, change] { form_->change(change); });
  };
  add(tr("The usual ones"), chosen.empty(), [](Settings& s) { s.pag_layers.clear(); });
  const api::ImageModelInfo* model = controller_->store()->model();
  if (!model) return;
  menu->addSeparator();
  for (const api::NamedChoice& block : model->pag_layers) {
    const std::string pattern = block.name;
    add(ui::qt(block.title), std::ranges::find(chosen, pattern) != chosen.end(), [pattern](Settings& s) {
      if (std::erase(s.pag_layers, pattern) == 0) s.pag_layers.push_back(pattern);
    });
  }
}

// Of models whose noise is a flow: how much of the run is spent on the noisy end.
void AdvancedSection::add_flow_shift() {
  QDoubleSpinBox* shift = form_->add_real(
      tr("Flow shift"),
      tr("Higher spends more of the steps on composition, lower on detail; larger pictures want more"), 0, 100, 0.25,
      [](const Settings& s) { return s.flow_shift.value_or(0); },
      [](Settings& s, double value) {
        s.flow_shift.reset();
        if (value > 0) s.flow_shift = value;
      });
  shift->setObjectName(QStringLiteral("flowShift"));
  form_->keep_fresh([this, shift] {
    const api::ImageModelInfo* model = controller_->store()->model();
    const std::optional<double> own = model ? model->flow_shift : std::nullopt;
    shift->setSpecialValueText(own ? tr("The model's own, %1").arg(QLocale().toString(*own, 'g', 3))
                                   : tr("The model's own"));
    // One that is set stays to be seen: another kind of model refuses it.
    form_->set_row_visible(shift, own || controller_->store()->settings().flow_shift);
  });
}

// Of SDXL, and of what was restored: another kind of model refuses it.
void AdvancedSection::add_refiner() {
  QComboBox* refiner = form_->add_choice(
      tr("Refiner"), tr("A second model that makes the last steps, where little noise is left"),
      [](const Settings& s) { return s.refiner ? ui::qt(s.refiner->model) : QString(); },
      [](Settings& s, const QString& name) {
        if (name.isEmpty()) return s.refiner.reset();
        if (!s.refiner) s.refiner.emplace();
        s.refiner->model = ui::utf8(name);
      });
  refiner->setObjectName(QStringLiteral("refiner"));
  QDoubleSpinBox* switch_at = form_->add_real(
      tr("It takes over"), tr("The part of the run after which the refiner makes the steps"), 0, 1, 0.05,
      [](const Settings& s) { return s.refiner ? s.refiner->switch_at : 0.8; },
      [](Settings& s, double value) {
        if (s.refiner) s.refiner->switch_at = value;
      });
  switch_at->setObjectName(QStringLiteral("refinerSwitch"));
  const auto list = [this, refiner] {
    QList<Choice> choices{{QString(), tr("None")}};
    const api::ImageModelInfo* model = controller_->store()->model();
    for (const api::ModelInfo& one : controller_->models())
      if (model && one.architecture == model->family && one.id != model->id)
        choices << Choice{ui::qt(one.id), ui::qt(one.name)};
    const auto& set = controller_->store()->settings().refiner;
    SettingsForm::set_choices(refiner, choices, set ? ui::qt(set->model) : QString());
  };
  list();
  connect(controller_, &CreateController::models_changed, this, list);
  connect(controller_->store(), &SettingsStore::model_changed, this, list);
  form_->keep_fresh([this, refiner, switch_at] {
    const bool set = controller_->store()->settings().refiner.has_value();
    const api::ImageModelInfo* model = controller_->store()->model();
    form_->set_row_visible(refiner, set || (model && model->family == "sdxl"));
    form_->set_row_visible(switch_at, set);
  });
}

void AdvancedSection::add_second_pass() {
  auto* hires = new QCheckBox(tr("Second pass, larger"), form_);
  hires->setObjectName(QStringLiteral("hires"));
  hires->setToolTip(tr("Enlarges the picture and makes it once more from there (hires fix)"));
  form_->add_row(tr("Hires"), hires);
  QWidget* scale = form_->add_real(
      tr("Enlarged by"), tr("How much larger the second pass is"), 1, 4, 0.25,
      [](const Settings& s) { return s.hires ? s.hires->scale : 2.0; },
      [](Settings& s, double value) {
        if (s.hires) s.hires->scale = value;
      });
  QWidget* strength = form_->add_real(
      tr("Made anew"), tr("How much of the enlarged picture the second pass makes anew"), 0, 1, 0.05,
      [](const Settings& s) { return s.hires ? s.hires->strength : 0.7; },
      [](Settings& s, double value) {
        if (s.hires) s.hires->strength = value;
      });
  QSpinBox* steps = form_->add_number(
      tr("Its steps"), tr("Steps of the second pass"), 0, 1000,
      [](const Settings& s) { return s.hires ? s.hires->steps : 0; },
      [](Settings& s, int value) {
        if (s.hires) s.hires->steps = value;
      });
  steps->setSpecialValueText(tr("As the first pass"));
  steps->setObjectName(QStringLiteral("hiresSteps"));
  QComboBox* upscaler = form_->add_choice(
      tr("Upscaler"), tr("How the picture is enlarged"),
      [](const Settings& s) { return s.hires ? ui::qt(s.hires->upscaler) : QString(); },
      [](Settings& s, const QString& name) {
        if (s.hires) s.hires->upscaler = ui::utf8(name);
      });
  const auto list = [this, upscaler] {
    QList<Choice> choices{{QStringLiteral("latent"), tr("Latent")},
                          {QStringLiteral("bicubic"), tr("Bicubic")},
                          {QStringLiteral("lanczos"), tr("Lanczos")}};
    for (const QString& name : controller_->file_names(api::ImageFileKind::upscaler)) choices << Choice{name, name};
    const auto& set = controller_->store()->settings().hires;
    SettingsForm::set_choices(upscaler, choices, set ? ui::qt(set->upscaler) : QString());
  };
  list();
  connect(controller_, &CreateController::files_changed, this, list);
  connect(hires, &QCheckBox::toggled, this, [this](bool on) {
    form_->change([on](Settings& s) {
      s.hires.reset();
      if (on) s.hires.emplace().upscaler = "latent";
    });
  });
  form_->keep_fresh([this, hires, scale, strength, steps, upscaler] {
    const bool on = controller_->store()->settings().hires.has_value();
    hires->setChecked(on);
    for (QWidget* field : {scale, strength, static_cast<QWidget*>(steps), static_cast<QWidget*>(upscaler)})
      form_->set_row_visible(field, on);
  });
}

// Near relatives of one picture: its seed stays, and a share of another seed's noise is mixed in.
void AdvancedSection::add_variation() {
  form_
      ->add_real(
          tr("Variation"), tr("How much of a second seed's noise is mixed in: small values make near relatives"), 0, 1,
          0.05, [](const Settings& s) { return s.variation ? s.variation->strength : 0.0; },
          [this](Settings& s, double value) {
            if (value <= 0) return s.variation.reset();
            if (!s.variation) s.variation = api::ImageVariation{QRandomGenerator::global()->generate(), 0};
            s.variation->strength = value;
            const api::ImageInfo* shown = controller_->shown_info();
            if (!s.seed && shown) s.seed = shown->seed;  // relatives of what one looks at
          })
      ->setObjectName(QStringLiteral("variation"));
  auto* seed = new SeedField(controller_, variation_seed(), form_);
  form_->add_row(tr("Its seed"), seed, tr("Each picture takes the seed that follows"));
  form_->keep_fresh(
      [this, seed] { form_->set_row_visible(seed, controller_->store()->settings().variation.has_value()); });
}

void AdvancedSection::add_random_numbers() {
  QComboBox* rng = form_->add_choice(
      tr("Noise"), tr("Which random numbers a seed stands for: those of other programs reproduce their pictures"),
      [](const Settings& s) { return ui::qt(s.rng); },
      [](Settings& s, const QString& name) { s.rng = ui::utf8(name); });
  const auto list = [this, rng] {
    QList<Choice> choices;
    if (const api::ImageModelInfo* model = controller_->store()->model())
      for (const api::NamedChoice& one : model->rngs) choices << Choice{ui::qt(one.name), ui::qt(one.title)};
    SettingsForm::set_choices(rng, choices, ui::qt(controller_->store()->settings().rng));
  };
  list();
  connect(controller_->store(), &SettingsStore::model_changed, this, list);
}

void AdvancedSection::add_memory() {
  form_->add_flag(tr("Guide one after the other"), tr("Less memory: the two halves of guidance are not made together"),
                  &Settings::sequential_guidance);
  form_->add_flag(tr("Decode in tiles"), tr("Less memory for large pictures, a little slower"), &Settings::tiled_vae);
  form_->add_flag(tr("Read weights from the file"), tr("Least memory: weights are read when they are needed; slower"),
                  &Settings::low_memory);
  SettingsForm::set_choices(form_->add_choice(
                                tr("Linear layers"),
                                tr("Rounded to 8 bits as they are read they take a quarter to a half of the memory and "
                                   "less time; the picture "
                                   "changes slightly, which is measured once the exact one is there"),
                                [](const Settings& s) { return ui::qt(s.quantize); },
                                [](Settings& s, const QString& name) { s.quantize = ui::utf8(name); }),
                            {{QString(), tr("As in the file: exact")}, {QStringLiteral("q8_0"), tr("8 bits (Q8_0)")}},
                            ui::qt(controller_->store()->settings().quantize));
  SettingsForm::set_choices(
      form_->add_choice(
          tr("Skip work"), tr("Uses what the steps before computed where little changes: faster, and not exact"),
          [](const Settings& s) { return ui::qt(s.cache); },
          [](Settings& s, const QString& name) { s.cache = ui::utf8(name); }),
      {{QString(), tr("Nothing: exact")},
       {QStringLiteral("first-block"), tr("By the first block")},
       {QStringLiteral("teacache"), tr("TeaCache")},
       {QStringLiteral("deepcache"), tr("DeepCache")}},
      ui::qt(controller_->store()->settings().cache));
  auto* preview = new QCheckBox(tr("Show the steps"), form_);
  preview->setToolTip(tr("A rough picture after each step"));
  form_->add_row(tr("Preview"), preview);
  connect(preview, &QCheckBox::toggled, this, [this](bool on) {
    form_->change([on](Settings& s) { s.preview = on ? api::PreviewKind::fast : api::PreviewKind::off; });
  });
  form_->keep_fresh(
      [this, preview] { preview->setChecked(controller_->store()->settings().preview == api::PreviewKind::fast); });
}

}  // namespace diptych::create
