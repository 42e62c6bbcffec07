#include "ui/panels/create/input_section.h"

#include <QCheckBox>
#include <QDoubleSpinBox>
#include <QGridLayout>
#include <QLabel>
#include <QPainter>
#include <QPushButton>
#include <QSignalBlocker>
#include <QSpinBox>
#include <QTimer>

#include "ui/panels/create/create_controller.h"
#include "ui/panels/create/image_canvas.h"
#include "ui/panels/create/settings_form.h"
#include "ui/panels/create/upscale_fields.h"
#include "ui/theme/typography.h"

namespace diptych::create {

using Settings = api::ImageSettings;

namespace {

constexpr int thumbnail_side = 72;
constexpr int mask_pause_ms = 150;

// Of the settings that hold only while there is an input picture.
template <typename T>
SettingsForm::Read<T> init_value(T api::ImageInit::*field, T otherwise) {
  return [field, otherwise](const Settings& settings) { return settings.init ? (*settings.init).*field : otherwise; };
}
template <typename T>
SettingsForm::Write<T> set_init_value(T api::ImageInit::*field) {
  return [field](Settings& settings, const T& value) {
    if (settings.init) (*settings.init).*field = value;
  };
}
SettingsForm::Read<int> margin(int api::Outpaint::*side) {
  return [side](const Settings& settings) { return settings.init ? settings.init->outpaint.*side : 0; };
}
SettingsForm::Write<int> set_margin(int api::Outpaint::*side) {
  return [side](Settings& settings, int pixels) {
    if (settings.init) settings.init->outpaint.*side = pixels;
  };
}

}  // namespace

InputSection::InputSection(CreateController* controller, QWidget* parent)
    : QWidget(parent),
      controller_(controller),
      thumbnail_(new QLabel(this)),
      open_(new QPushButton(tr("Open…"), this)),
      paint_(new QPushButton(tr("Paint a mask"), this)),
      remove_(new QPushButton(tr("Remove"), this)),
      form_(new SettingsForm(controller->store(), this)) {
  auto* title = new QLabel(tr("Start from a picture"), this);
  title->setFont(ui::text_font(ui::TextSize::body, QFont::DemiBold));
  thumbnail_->setFixedSize(thumbnail_side, thumbnail_side);
  thumbnail_->setAlignment(Qt::AlignCenter);
  thumbnail_->setAccessibleName(tr("Input picture"));
  open_->setToolTip(tr("Open a picture to start from; dropping or pasting one does the same"));
  open_->setObjectName(QStringLiteral("openInput"));
  paint_->setObjectName(QStringLiteral("paintMask"));
  paint_->setToolTip(tr("Paint what is to be made anew"));
  remove_->setObjectName(QStringLiteral("removeInput"));
  auto* grid = new QGridLayout;
  grid->setSpacing(6);
  grid->addWidget(thumbnail_, 0, 0, 2, 1);
  grid->addWidget(open_, 0, 1);
  grid->addWidget(remove_, 0, 2);
  grid->addWidget(paint_, 1, 1, 1, 2);
  grid->setColumnStretch(1, 1);
  grid->setColumnStretch(2, 1);
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(6);
  layout->addWidget(title);
  layout->addLayout(grid);
  layout->addWidget(form_);
  add_fields();
  connect(open_, &QPushButton::clicked, this, &InputSection::open_requested);
  connect(paint_, &QPushButton::clicked, this, &InputSection::paint_requested);
  connect(remove_, &QPushButton::clicked, this, [this] { controller_->input()->clear(); });
  connect(controller->input(), &InputPicture::changed, this, &InputSection::refresh);
  // Not at every point of a stroke.
  auto* soon = new QTimer(this);
  soon->setSingleShot(true);
  soon->setInterval(mask_pause_ms);
  connect(soon, &QTimer::timeout, this, &InputSection::refresh);
  connect(controller->input()->mask(), &MaskLayer::changed, soon, [soon] {
    if (!soon->isActive()) soon->start();
  });
  refresh();
}

void InputSection::add_fields() {
  form_
      ->add_real(tr("Strength"), tr("How much is made anew: 0 keeps the picture, 1 keeps only its size"), 0, 1, 0.05,
                 init_value(&api::ImageInit::strength, 0.75), set_init_value(&api::ImageInit::strength))
      ->setObjectName(QStringLiteral("strength"));
  form_->add_real(tr("Mask blur"), tr("Softens the mask's edge, in pixels"), 0, 256, 1,
                  init_value(&api::ImageInit::mask_blur, 4.0), set_init_value(&api::ImageInit::mask_blur));
  auto* whole = new QCheckBox(tr("Only around the mask"), form_);
  whole->setToolTip(tr("The mask's surroundings are made at the whole size and put back: more detail"));
  form_->add_row(tr("Detail"), whole);
  connect(whole, &QCheckBox::toggled, this, [this](bool on) {
    form_->change([&](Settings& settings) { set_init_value (&api::ImageInit::full_resolution)(settings, on); });
  });
  form_->keep_fresh([this, whole] {
    const auto& init = controller_->store()->settings().init;
    whole->setChecked(init && init->full_resolution);
  });
  form_->add_number(tr("Padding"), tr("Pixels around the mask that are made with it"), 0, 1024,
                    init_value(&api::ImageInit::padding, 32), set_init_value(&api::ImageInit::padding));
  add_enlargement();
  const QString tip = tr("Pixels to add at this side; on the picture the edges can be dragged");
  for (const auto& [label, side] :
       {std::pair(tr("Add left"), &api::Outpaint::left), std::pair(tr("Add above"), &api::Outpaint::top),
        std::pair(tr("Add right"), &api::Outpaint::right), std::pair(tr("Add below"), &api::Outpaint::bottom)}) {
    QSpinBox* spin = form_->add_number(label, tip, 0, 4096, margin(side), set_margin(side));
    spin->setSingleStep(64);
    spin->setSuffix(QStringLiteral(" px"));
  }
}

void InputSection::add_enlargement() {
  auto* enlarge = new QCheckBox(tr("Make it larger, in tiles"), form_);
  enlarge->setObjectName(QStringLiteral("enlargeInput"));
  enlarge->setToolTip(tr("Enlarges the picture and makes it anew tile by tile: large pictures with little memory"));
  form_->add_row(tr("Enlarge"), enlarge);
  const QList<QWidget*> fields = add_upscale_fields(form_, controller_) + add_tile_fields(form_);
  connect(enlarge, &QCheckBox::toggled, this, [this](bool on) {
    form_->change([on](Settings& settings) {
      if (settings.upscale) settings.width = settings.height = 0;  // the enlarged picture's
      settings.upscale.reset();
      if (on) settings.upscale.emplace().upscaler = "lanczos";
    });
  });
  form_->keep_fresh([this, enlarge, fields] {
    const bool on = controller_->store()->settings().upscale.has_value();
    enlarge->setChecked(on);
    for (QWidget* field : fields) form_->set_row_visible(field, on);
  });
}

void InputSection::refresh() {
  const InputPicture* input = controller_->input();
  const bool set = input->is_set();
  thumbnail_->setVisible(set);
  remove_->setVisible(set);
  paint_->setVisible(set);
  form_->setVisible(set);
  if (!set) return;
  const qreal ratio = devicePixelRatioF();
  QPixmap picture = QPixmap::fromImage(input->picture().scaled(QSize(thumbnail_side, thumbnail_side) * ratio,
                                                               Qt::KeepAspectRatio, Qt::SmoothTransformation));
  const bool masked = !controller_->input()->mask()->empty();
  if (masked) {
    QPainter painter(&picture);
    const QImage tint = mask_tint(controller_->input()->mask()->image().scaled(picture.size()));
    painter.drawImage(QPoint(), tint);
  }
  paint_->setText(masked ? tr("Edit the mask") : tr("Paint a mask"));
  thumbnail_->setAccessibleDescription(masked ? tr("With a mask") : tr("Without a mask"));
  picture.setDevicePixelRatio(ratio);
  thumbnail_->setPixmap(picture);
}

}  // namespace diptych::create
