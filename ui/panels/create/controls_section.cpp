#include "ui/panels/create/controls_section.h"

#include <QCheckBox>
#include <QDoubleSpinBox>
#include <QFile>
#include <QFileDialog>
#include <QGridLayout>
#include <QLabel>
#include <QMenu>
#include <QPointer>
#include <QSignalBlocker>
#include <QToolButton>

#include "ui/client/text.h"
#include "ui/panels/create/create_controller.h"
#include "ui/theme/icons.h"
#include "ui/theme/typography.h"
#include "ui/widgets/elided_label.h"

namespace diptych::create {
namespace {

constexpr int map_side = 40;

QToolButton* small_button(const QString& icon_name, const QString& name, QWidget* parent) {
  auto* button = new QToolButton(parent);
  button->setIcon(ui::icon(icon_name));
  button->setAutoRaise(true);
  button->setFixedSize(28, 28);
  button->setToolTip(name);
  button->setAccessibleName(name);
  return button;
}

}  // namespace

ControlsSection::ControlsSection(CreateController* controller, QWidget* parent)
    : QWidget(parent), controller_(controller), rows_(new QVBoxLayout) {
  auto* title = new QLabel(tr("Control"), this);
  title->setFont(ui::text_font(ui::TextSize::body, QFont::DemiBold));
  QToolButton* add = small_button(QStringLiteral("plus"), tr("Follow a control map"), this);
  add->setObjectName(QStringLiteral("addControl"));
  auto* line = new QHBoxLayout;
  line->addWidget(title);
  line->addStretch(1);
  line->addWidget(add);
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(6);
  column->addLayout(line);
  column->addLayout(rows_);
  connect(add, &QToolButton::clicked, this, [this, add] { open_menu(add); });
  connect(controller->store(), &SettingsStore::changed, this, &ControlsSection::show_controls);
  connect(controller->service(), &CreateService::ready_changed, this, [this](bool ready) {
    if (!ready) return;
    shown_.clear();  // the maps can be fetched now
    show_controls();
  });
  show_controls();
}

void ControlsSection::open_menu(QWidget* below) {
  auto* menu = new QMenu(this);
  menu->setAttribute(Qt::WA_DeleteOnClose);
  const QStringList names = controller_->file_names(api::ImageFileKind::control);
  for (const QString& name : names)
    connect(menu->addAction(tr("%1…").arg(name)), &QAction::triggered, this, [this, name] { choose_map(name); });
  if (names.isEmpty())
    menu->addAction(tr("Put ControlNets into a folder “controlnet” beside the models"))->setEnabled(false);
  menu->popup(below->mapToGlobal(QPoint(0, below->height())));
}

void ControlsSection::choose_map(const QString& model) {
  auto* dialog = new QFileDialog(this, tr("The map, or a picture to make it of"));
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  dialog->setFileMode(QFileDialog::ExistingFile);
  dialog->setNameFilters({tr("Pictures (*.png *.jpg *.jpeg *.webp)"), tr("All files (*)")});
  connect(dialog, &QFileDialog::fileSelected, this, [this, model](const QString& path) {
    QFile file(path);
    const QByteArray bytes = file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
    controller_->service()->upload(
        bytes,
        [this, model](const api::UploadInfo& upload) {
          controller_->store()->change([&](api::ImageSettings& settings) {
            api::ImageControl control;
            control.model = ui::utf8(model);
            control.image = upload.id;
            settings.controls.push_back(control);
          });
        },
        [this](const Failure& failure) { controller_->tell(failure); });
  });
  dialog->open();
}

// The rows stay while only their numbers change: one of their fields may be in use.
void ControlsSection::show_controls() {
  const auto& controls = controller_->store()->settings().controls;
  QStringList wanted;
  for (const api::ImageControl& control : controls) wanted << ui::qt(control.model + "\n" + control.image);
  if (wanted == shown_) return;
  shown_ = wanted;
  while (QLayoutItem* item = rows_->takeAt(0)) {
    item->widget()->deleteLater();
    delete item;
  }
  for (size_t i = 0; i < controls.size(); ++i) rows_->addWidget(make_row(i));
}

QLabel* ControlsSection::make_map(const QString& image, QWidget* row) {
  auto* map = new QLabel(row);
  map->setFixedSize(map_side, map_side);
  map->setAlignment(Qt::AlignCenter);
  map->setObjectName(QStringLiteral("controlMap"));
  map->setAccessibleName(tr("Its map"));
  if (!controller_->service()->ready()) return map;
  controller_->service()->fetch_input(
      image,
      [map = QPointer<QLabel>(map)](const QByteArray& bytes) {
        if (!map) return;
        const qreal ratio = map->devicePixelRatioF();
        QPixmap picture = QPixmap::fromImage(QImage::fromData(bytes).scaled(
            QSize(map_side, map_side) * ratio, Qt::KeepAspectRatio, Qt::SmoothTransformation));
        picture.setDevicePixelRatio(ratio);
        map->setPixmap(picture);
      },
      [map = QPointer<QLabel>(map)](const Failure& failure) {
        if (!map) return;
        map->setText(QStringLiteral("?"));
        map->setForegroundRole(QPalette::BrightText);
        map->setToolTip(tr("The map is no longer there (%1). Remove it and add it again").arg(failure.why));
        map->setAccessibleDescription(map->toolTip());
      });
  return map;
}

QWidget* ControlsSection::make_row(size_t index) {
  const api::ImageControl control = controller_->store()->settings().controls[index];
  const QString name = ui::qt(control.model);
  const auto change = [this, index](auto write) {
    controller_->store()->change([&](api::ImageSettings& settings) {
      if (index < settings.controls.size()) write(settings.controls[index]);
    });
  };
  auto* row = new QWidget(this);
  auto* grid = new QGridLayout(row);
  grid->setContentsMargins(0, 0, 0, 0);
  grid->setSpacing(4);
  auto* title = new QHBoxLayout;
  title->addWidget(make_map(ui::qt(control.image), row));
  title->addWidget(new ui::ElidedLabel(name, row), 1);
  grid->addLayout(title, 0, 0, 1, 2);
  QToolButton* remove = small_button(QStringLiteral("close"), tr("Remove %1").arg(name), row);
  grid->addWidget(remove, 0, 2, Qt::AlignRight);
  int column = 0;
  const auto add_field = [&](const QString& caption, const QString& tip, double value, double most,
                             double api::ImageControl::*field) {
    auto* spin = new QDoubleSpinBox(row);
    spin->setRange(0, most);
    spin->setSingleStep(0.05);
    spin->setValue(value);
    spin->setToolTip(tip);
    spin->setAccessibleName(QStringLiteral("%1: %2").arg(name, tip));
    auto* label = new QLabel(caption, row);
    label->setFont(ui::text_font(ui::TextSize::caption));
    label->setForegroundRole(QPalette::PlaceholderText);
    label->setBuddy(spin);
    grid->addWidget(label, 1, column);
    grid->addWidget(spin, 2, column++);
    connect(spin, &QDoubleSpinBox::valueChanged, this,
            [change, field](double now) { change([&](api::ImageControl& one) { one.*field = now; }); });
  };
  add_field(tr("Strength"), tr("How strongly it is followed"), control.scale, 4, &api::ImageControl::scale);
  add_field(tr("From"), tr("Share of the steps from which it is followed"), control.begin, 1,
            &api::ImageControl::begin);
  add_field(tr("To"), tr("Share of the steps to which it is followed"), control.end, 1, &api::ImageControl::end);
  auto* canny = new QCheckBox(tr("Find the edges first (Canny)"), row);
  canny->setChecked(!control.preprocess.empty());
  canny->setToolTip(tr("The picture is no map yet: its edges become it"));
  grid->addWidget(canny, 3, 0, 1, 3);
  connect(canny, &QCheckBox::toggled, this,
          [change](bool on) { change([&](api::ImageControl& one) { one.preprocess = on ? "canny" : ""; }); });
  connect(remove, &QToolButton::clicked, this, [this, index] {
    controller_->store()->change([&](api::ImageSettings& settings) {
      if (index < settings.controls.size())
        settings.controls.erase(settings.controls.begin() + static_cast<std::ptrdiff_t>(index));
    });
  });
  return row;
}

}  // namespace diptych::create
