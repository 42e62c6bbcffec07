#include "ui/panels/create/adapters_section.h"

#include <QComboBox>
#include <QDoubleSpinBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QMenu>
#include <QPushButton>
#include <QSignalBlocker>
#include <QToolButton>
#include <algorithm>

#include "ui/client/text.h"
#include "ui/panels/create/create_controller.h"
#include "ui/panels/create/settings_form.h"
#include "ui/theme/icons.h"
#include "ui/theme/typography.h"
#include "ui/widgets/strength_row.h"

namespace diptych::create {

namespace {

constexpr int widest_button_text = 150;

}  // namespace

AdaptersSection::AdaptersSection(CreateController* controller, QWidget* parent)
    : QWidget(parent),
      controller_(controller),
      form_(new SettingsForm(controller->store(), this)),
      add_(new QToolButton(this)),
      rows_(new QVBoxLayout) {
  auto* title = new QLabel(tr("Adapters"), this);
  title->setFont(ui::text_font(ui::TextSize::body, QFont::DemiBold));
  add_->setIcon(ui::icon(QStringLiteral("plus")));
  add_->setAutoRaise(true);
  add_->setFixedSize(28, 28);
  add_->setObjectName(QStringLiteral("addAdapter"));
  add_->setToolTip(tr("Add a LoRA or another adapter"));
  add_->setAccessibleName(tr("Add an adapter"));
  auto* line = new QHBoxLayout;
  line->addWidget(title);
  line->addStretch(1);
  line->addWidget(add_);
  rows_->setSpacing(4);
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(6);
  layout->addLayout(line);
  layout->addLayout(rows_);
  layout->addWidget(form_);
  vae_ = form_->add_choice(
      tr("VAE"), tr("What turns latents into pixels"),
      [](const api::ImageSettings& settings) { return ui::qt(settings.vae); },
      [](api::ImageSettings& settings, const QString& name) { settings.vae = ui::utf8(name); });
  vae_->setObjectName(QStringLiteral("vae"));
  encoders_ = new QPushButton(this);
  encoders_->setAutoDefault(false);
  encoders_->setObjectName(QStringLiteral("textEncoders"));
  form_->add_row(tr("Text"), encoders_, tr("What reads the prompt, for models whose file lacks it (a denoiser alone)"));
  connect(encoders_, &QPushButton::clicked, this, &AdaptersSection::open_encoders);
  form_->keep_fresh([this] { show_encoders(); });
  connect(add_, &QToolButton::clicked, this, &AdaptersSection::open_menu);
  connect(controller->store(), &SettingsStore::changed, this, &AdaptersSection::show_adapters);
  connect(controller, &CreateController::files_changed, this, &AdaptersSection::list_files);
  list_files();
  show_adapters();
}

void AdaptersSection::list_files() {
  QList<Choice> choices{{QString(), tr("The model's own")}};
  for (const QString& name : controller_->file_names(api::ImageFileKind::vae)) choices << Choice{name, name};
  SettingsForm::set_choices(vae_, choices, ui::qt(controller_->store()->settings().vae));
  show_encoders();
}

void AdaptersSection::show_encoders() {
  QStringList names;
  for (const std::string& name : controller_->store()->settings().text_encoders) names << ui::qt(name);
  const QString text = names.isEmpty() ? tr("The model's own") : names.join(QStringLiteral(" + "));
  encoders_->setText(encoders_->fontMetrics().elidedText(text, Qt::ElideMiddle, widest_button_text));
  encoders_->setToolTip(text);
  encoders_->setAccessibleName(tr("Text encoders: %1").arg(text));
  form_->set_row_visible(encoders_,
                         !names.isEmpty() || !controller_->file_names(api::ImageFileKind::text_encoder).isEmpty());
}

void AdaptersSection::open_encoders() {
  auto* menu = new QMenu(this);
  menu->setAttribute(Qt::WA_DeleteOnClose);
  const std::vector<std::string> chosen = controller_->store()->settings().text_encoders;
  QStringList names = controller_->file_names(api::ImageFileKind::text_encoder);
  for (const std::string& name : chosen)  // restored from elsewhere, and not among what is here
    if (!names.contains(ui::qt(name))) names << ui::qt(name);
  for (const QString& name : names) {
    QAction* action = menu->addAction(name);
    action->setCheckable(true);
    action->setChecked(std::ranges::find(chosen, ui::utf8(name)) != chosen.end());
    connect(action, &QAction::toggled, this, [this, name](bool on) {
      controller_->store()->change([&](api::ImageSettings& settings) {
        std::erase(settings.text_encoders, ui::utf8(name));
        if (on) settings.text_encoders.push_back(ui::utf8(name));
      });
    });
  }
  menu->popup(encoders_->mapToGlobal(QPoint(0, encoders_->height())));
}

void AdaptersSection::open_menu() {
  auto* menu = new QMenu(this);
  menu->setAttribute(Qt::WA_DeleteOnClose);
  const QStringList names = controller_->file_names(api::ImageFileKind::adapter);
  for (const QString& name : names)
    connect(menu->addAction(name), &QAction::triggered, this, [this, name] {
      controller_->store()->change([&](api::ImageSettings& settings) {
        settings.adapters.push_back({ui::utf8(name), 1, std::nullopt});
      });
    });
  if (names.isEmpty()) menu->addAction(tr("Put LoRA files into a folder “loras” beside the models"))->setEnabled(false);
  menu->popup(add_->mapToGlobal(QPoint(0, add_->height())));
}

// The rows stay while only strengths change: one of their fields may be in use.
void AdaptersSection::show_adapters() {
  const auto& adapters = controller_->store()->settings().adapters;
  QStringList files;
  for (const api::ImageAdapter& adapter : adapters) files << ui::qt(adapter.file);
  if (files != shown_) {
    shown_ = files;
    while (QLayoutItem* item = rows_->takeAt(0)) {
      item->widget()->deleteLater();
      delete item;
    }
    for (size_t i = 0; i < adapters.size(); ++i) rows_->addWidget(make_row(i));
  }
  for (size_t i = 0; i < adapters.size(); ++i) {
    auto* scale = rows_->itemAt(static_cast<int>(i))->widget()->findChild<QDoubleSpinBox*>();
    const QSignalBlocker quiet(scale);
    scale->setValue(adapters[i].scale);
  }
}

QWidget* AdaptersSection::make_row(size_t index) {
  auto* row = new ui::StrengthRow(shown_[static_cast<qsizetype>(index)], this);
  connect(row->strength(), &QDoubleSpinBox::valueChanged, this, [this, index](double value) {
    controller_->store()->change([&](api::ImageSettings& settings) {
      if (index < settings.adapters.size()) settings.adapters[index].scale = value;
    });
  });
  connect(row->remove(), &QToolButton::clicked, this, [this, index] {
    controller_->store()->change([&](api::ImageSettings& settings) {
      if (index < settings.adapters.size())
        settings.adapters.erase(settings.adapters.begin() + static_cast<std::ptrdiff_t>(index));
    });
  });
  return row;
}

}  // namespace diptych::create
