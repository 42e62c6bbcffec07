#include "ui/panels/create/controls_section.h"

#include <QCheckBox>
#include <QDoubleSpinBox>
#include <QGridLayout>
#include <QLabel>
#include <QMenu>
#include <QSignalBlocker>
#include <QToolButton>

#include "ui/client/text.h"
#include "ui/panels/create/create_controller.h"
#include "ui/panels/create/picture_rows.h"
#include "ui/theme/typography.h"
#include "ui/widgets/elided_label.h"

namespace diptych::create {
namespace {

constexpr int canny_line = 3;                // of a row's grid
constexpr double strongest_gradient = 2040;  // that there is in a picture

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
  choose_picture(this, tr("The map, or a picture to make it of"), [this, model](const QByteArray& picture) {
    controller_->service()->upload(
        picture,
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
}

// The rows stay while only their numbers change: one of their fields may be in use.
void ControlsSection::show_controls() {
  const auto& controls = controller_->store()->settings().controls;
  QStringList wanted;
  for (const api::ImageControl& control : controls) wanted << ui::qt(control.model + "\n" + control.image);
  if (wanted != shown_) {
    shown_ = wanted;
    refreshers_.clear();
    clear_rows(rows_);
    for (size_t i = 0; i < controls.size(); ++i) rows_->addWidget(make_row(i));
  }
  for (const auto& refresh : refreshers_) refresh();
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
  QLabel* map = row_picture(controller_->service(), ui::qt(control.image), tr("Its map"),
                            tr("The map is no longer there (%1). Remove it and add it again"), row);
  map->setObjectName(QStringLiteral("controlMap"));
  title->addWidget(map);
  title->addWidget(new ui::ElidedLabel(name, row), 1);
  grid->addLayout(title, 0, 0, 1, 2);
  QToolButton* remove = small_button(QStringLiteral("close"), tr("Remove %1").arg(name), row);
  grid->addWidget(remove, 0, 2, Qt::AlignRight);
  int column = 0;
  const auto add_field = [&](const QString& caption, const QString& tip, double most, double api::ImageControl::*field,
                             int top = 1) {
    QDoubleSpinBox* spin = add_row_field(grid, column++, name, caption, tip, control.*field, most, top);
    refreshers_.push_back([this, index, spin, field] {
      const QSignalBlocker quiet(spin);
      spin->setValue(controller_->store()->settings().controls[index].*field);
    });
    connect(spin, &QDoubleSpinBox::valueChanged, this,
            [change, field](double now) { change([&](api::ImageControl& one) { one.*field = now; }); });
    return spin;
  };
  add_field(tr("Strength"), tr("How strongly it is followed"), 4, &api::ImageControl::scale);
  add_field(tr("From"), tr("Share of the steps from which it is followed"), 1, &api::ImageControl::begin);
  add_field(tr("To"), tr("Share of the steps to which it is followed"), 1, &api::ImageControl::end);
  auto* canny = new QCheckBox(tr("Find the edges first (Canny)"), row);
  canny->setChecked(!control.preprocess.empty());
  canny->setToolTip(tr("The picture is no map yet: its edges become it"));
  canny->setObjectName(QStringLiteral("controlCanny"));
  grid->addWidget(canny, canny_line, 0, 1, 3);
  column = 0;
  QDoubleSpinBox* low =
      add_field(tr("Low"), tr("Fainter edges are left out, unless they hang together with strong ones"),
                strongest_gradient, &api::ImageControl::low, canny_line + 1);
  QDoubleSpinBox* high = add_field(tr("High"), tr("Edges as strong as this are taken"), strongest_gradient,
                                   &api::ImageControl::high, canny_line + 1);
  low->setObjectName(QStringLiteral("cannyLow"));
  high->setObjectName(QStringLiteral("cannyHigh"));
  for (QDoubleSpinBox* spin : {low, high}) {
    spin->setDecimals(0);
    spin->setSingleStep(10);
  }
  // The lower one stays the lower one, whichever is changed.
  connect(low, &QDoubleSpinBox::valueChanged, high,
          [high](double now) { high->setValue(std::max(high->value(), now)); });
  connect(high, &QDoubleSpinBox::valueChanged, low, [low](double now) { low->setValue(std::min(low->value(), now)); });
  auto* guess = new QCheckBox(tr("Follow it more than the prompt"), row);
  guess->setObjectName(QStringLiteral("controlGuess"));
  guess->setToolTip(
      tr("ControlNet's guess mode: the half without the prompt does not see the map, and guidance leads towards it"));
  grid->addWidget(guess, canny_line + 3, 0, 1, 3);
  refreshers_.push_back([this, index, canny, guess, grid] {
    const QSignalBlocker quiet(canny), still(guess);
    const api::ImageControl& now = controller_->store()->settings().controls[index];
    canny->setChecked(!now.preprocess.empty());
    guess->setChecked(now.guess);
    for (const int line : {canny_line + 1, canny_line + 2})
      for (const int place : {0, 1}) grid->itemAtPosition(line, place)->widget()->setVisible(canny->isChecked());
  });
  connect(guess, &QCheckBox::toggled, this,
          [change](bool on) { change([&](api::ImageControl& one) { one.guess = on; }); });
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
