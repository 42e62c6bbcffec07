#include "ui/panels/create/upscale_dialog.h"

#include <QComboBox>
#include <QDoubleSpinBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QPointer>
#include <QPushButton>
#include <QSpinBox>
#include <QVBoxLayout>
#include <algorithm>
#include <cmath>

#include "ui/client/text.h"
#include "ui/panels/create/create_controller.h"
#include "ui/panels/create/figures.h"
#include "ui/panels/create/settings_form.h"
#include "ui/panels/create/upscale_fields.h"

namespace diptych::create {

using Settings = api::ImageSettings;

namespace {

constexpr int upscale_pause_ms = 250;
constexpr int source_side = 160;
// A family of small networks that saw whole pictures of one size: each tile would become one.
constexpr const char* whole_pictures = "causal_text";
constexpr double usual_strength = 0.3;  // adds detail, and moves nothing

}  // namespace

Settings upscale_settings(CreateController* controller, const Settings& of, const QString& picture) {
  Settings settings = of;
  settings.init.emplace().image = ui::utf8(picture);
  settings.init->strength = usual_strength;
  settings.hires.reset();
  settings.refiner.reset();
  settings.variation.reset();
  settings.controls.clear();
  settings.image_prompts.clear();
  settings.width = settings.height = 0;
  settings.batch = settings.count = 1;
  const auto here = [&](const api::ModelInfo& model) { return model.id == settings.model; };
  if (std::ranges::none_of(controller->models(), here)) settings.model = controller->store()->settings().model;
  const auto knows_details = [&](const api::ModelInfo& model) {
    return model.id == settings.model && model.architecture != whole_pictures;
  };
  if (std::ranges::none_of(controller->models(), knows_details)) settings.init->strength = 0;
  api::ImageUpscale& upscale = settings.upscale.emplace();
  const QStringList networks = controller->file_names(api::ImageFileKind::upscaler);
  upscale.upscaler = networks.isEmpty() ? "lanczos" : ui::utf8(networks.first());
  return settings;
}

UpscaleDialog::UpscaleDialog(CreateController* controller, const Settings& settings, const QImage& picture,
                             QWidget* parent)
    : QDialog(parent),
      controller_(controller),
      form_(nullptr),
      sizes_(new QLabel(this)),
      cost_(new QLabel(this)),
      start_(new QPushButton(tr("Upscale"), this)),
      size_(picture.size()) {
  setWindowTitle(tr("Upscale"));
  setObjectName(QStringLiteral("upscaleDialog"));
  store_.set(settings);
  form_ = new SettingsForm(&store_, this);
  add_fields();
  build(picture);
  predict_timer_.setSingleShot(true);
  predict_timer_.setInterval(upscale_pause_ms);
  connect(&predict_timer_, &QTimer::timeout, this, &UpscaleDialog::predict);
  connect(&store_, &SettingsStore::changed, this, &UpscaleDialog::settings_changed);
  connect(controller->service(), &CreateService::ready_changed, this, [this](bool ready) {
    if (ready) predict();  // it may have failed without the host
  });
  connect(start_, &QPushButton::clicked, this, [this] {
    controller_->make(store_.settings());
    accept();
  });
  settings_changed();
  predict();
}

void UpscaleDialog::add_fields() {
  add_upscale_fields(form_, controller_);
  QDoubleSpinBox* strength = form_->add_real(
      tr("Made anew"), tr("How much of the enlarged picture the model makes anew; 0 only enlarges it"), 0, 1, 0.05,
      [](const Settings& s) { return s.init ? s.init->strength : 0; },
      [](Settings& s, double value) {
        if (s.init) s.init->strength = value;
      });
  strength->setObjectName(QStringLiteral("upscaleStrength"));
  strength->setSpecialValueText(tr("Nothing: only enlarge"));
  QList<Choice> models;
  for (const api::ModelInfo& model : controller_->models()) models << Choice{ui::qt(model.id), ui::qt(model.name)};
  QComboBox* model = form_->add_choice(
      tr("Model"), tr("What makes the tiles anew"), [](const Settings& s) { return ui::qt(s.model); },
      [](Settings& s, const QString& name) { s.model = ui::utf8(name); });
  model->setObjectName(QStringLiteral("upscaleModel"));
  SettingsForm::set_choices(model, models, ui::qt(store_.settings().model));
  QSpinBox* steps = form_->add_number(
      tr("Steps"), tr("Of a whole run, of which each tile makes the part that is made anew"), 0, 1000,
      [](const Settings& s) { return s.steps; }, [](Settings& s, int value) { s.steps = value; });
  steps->setSpecialValueText(tr("The model's own"));
  const QList<QWidget*> fields = QList<QWidget*>{model, steps} + add_tile_fields(form_);
  form_->keep_fresh([this, fields] {
    const bool anew = !api::enlarges_only(store_.settings());
    for (QWidget* field : fields) form_->set_row_visible(field, anew);
  });
}

void UpscaleDialog::build(const QImage& picture) {
  auto* source = new QLabel(this);
  source->setFixedSize(source_side, source_side);
  source->setAlignment(Qt::AlignHCenter | Qt::AlignTop);
  source->setAccessibleName(tr("The picture that is enlarged"));
  const qreal ratio = devicePixelRatioF();
  QPixmap small = QPixmap::fromImage(
      picture.scaled(QSize(source_side, source_side) * ratio, Qt::KeepAspectRatio, Qt::SmoothTransformation));
  small.setDevicePixelRatio(ratio);
  source->setPixmap(small);
  sizes_->setAlignment(Qt::AlignHCenter);
  sizes_->setForegroundRole(QPalette::PlaceholderText);
  sizes_->setObjectName(QStringLiteral("upscaleSizes"));
  auto* left = new QVBoxLayout;
  left->setSpacing(8);
  left->addWidget(source);
  left->addWidget(sizes_);
  left->addStretch(1);
  auto* middle = new QHBoxLayout;
  middle->setSpacing(16);
  middle->addLayout(left);
  middle->addWidget(form_, 1);
  cost_->setWordWrap(true);
  cost_->setObjectName(QStringLiteral("upscaleCost"));
  start_->setProperty("primary", true);
  start_->setDefault(true);
  start_->setObjectName(QStringLiteral("startUpscale"));
  auto* close_button = new QPushButton(tr("Close"), this);
  close_button->setAutoDefault(false);
  connect(close_button, &QPushButton::clicked, this, &QDialog::close);
  auto* buttons = new QHBoxLayout;
  buttons->addWidget(cost_, 1);
  buttons->addWidget(close_button);
  buttons->addWidget(start_);
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(16, 16, 16, 16);
  column->setSpacing(16);
  column->addLayout(middle, 1);
  column->addLayout(buttons);
  resize(560, 360);
}

void UpscaleDialog::settings_changed() {
  const double scale = store_.settings().upscale ? store_.settings().upscale->scale : 1;
  const auto larger = [scale](int side) { return std::lround(side * scale); };
  sizes_->setText(tr("%1 × %2 → %3 × %4")
                      .arg(size_.width())
                      .arg(size_.height())
                      .arg(larger(size_.width()))
                      .arg(larger(size_.height())));
  start_->setEnabled(false);  // until what it costs is known
  predict_timer_.start();
}

void UpscaleDialog::show_cost(const QString& text, bool problem) {
  cost_->setText(text);
  cost_->setForegroundRole(problem ? QPalette::BrightText : QPalette::WindowText);
}

void UpscaleDialog::predict() {
  predict_timer_.stop();
  const int number = ++asked_;
  show_cost(tr("Predicting…"), false);
  controller_->service()->predict(
      store_.settings(),
      [this, number, alive = QPointer<UpscaleDialog>(this)](const api::ImageEstimate& estimate) {
        if (!alive || number != asked_) return;
        QString line = time_line(estimate) + QStringLiteral(" · ") + memory_line(estimate);
        if (!estimate.fits && !estimate.to_do.empty()) line += QStringLiteral(". ") + ui::qt(estimate.to_do);
        show_cost(line, !estimate.fits);
        cost_->setToolTip(estimate_tooltip(estimate));
        start_->setEnabled(estimate.fits);
      },
      [this, number, alive = QPointer<UpscaleDialog>(this)](const Failure& failure) {
        if (alive && number == asked_) show_cost(failure.text(), true);
      });
}

}  // namespace diptych::create
