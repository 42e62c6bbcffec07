#include "ui/panels/create/seed_field.h"

#include <QHBoxLayout>
#include <QLineEdit>
#include <QRandomGenerator>
#include <QRegularExpressionValidator>
#include <QToolButton>

#include "ui/panels/create/create_controller.h"
#include "ui/theme/icons.h"
#include "ui/theme/typography.h"

namespace diptych::create {

SeedAccess noise_seed() {
  return {QStringLiteral("seed"),
          SeedField::tr("Seed"),
          SeedField::tr("The same seed and settings make the same picture; empty: another one each time"),
          [](const api::ImageSettings& settings) { return settings.seed; },
          [](api::ImageSettings& settings, std::optional<int64_t> seed) { settings.seed = seed; },
          [](const api::ImageInfo& image) { return std::optional(image.seed); },
          true};
}

SeedAccess variation_seed() {
  return {QStringLiteral("variationSeed"),
          SeedField::tr("Variation seed"),
          SeedField::tr("The second seed, whose noise is mixed into that of the first"),
          [](const api::ImageSettings& settings) {
            return settings.variation ? std::optional(settings.variation->seed) : std::nullopt;
          },
          [](api::ImageSettings& settings, std::optional<int64_t> seed) {
            if (settings.variation && seed) settings.variation->seed = *seed;
          },
          [](const api::ImageInfo& image) {
            return image.settings.variation ? std::optional(image.settings.variation->seed) : std::nullopt;
          },
          false};
}

SeedField::SeedField(CreateController* controller, SeedAccess access, QWidget* parent)
    : QWidget(parent), controller_(controller), access_(std::move(access)), seed_(new QLineEdit(this)) {
  seed_->setAccessibleName(access_.name);
  seed_->setObjectName(access_.object_name);
  if (access_.drawn) seed_->setPlaceholderText(tr("Random"));
  seed_->setFont(ui::monospace(ui::TextSize::body));
  seed_->setToolTip(access_.tip);
  seed_->setValidator(new QRegularExpressionValidator(QRegularExpression(QStringLiteral("[0-9]{0,18}")), seed_));
  auto* row = new QHBoxLayout(this);
  row->setContentsMargins(0, 0, 0, 0);
  row->setSpacing(0);
  row->addWidget(seed_, 1);
  row->addSpacing(2);
  dice_ = add_button(QStringLiteral("dice"), QStringLiteral("Draw"), tr("Draw a seed"));
  lock_ = add_button(QStringLiteral("lock"), QStringLiteral("Lock"), tr("Keep the seed"));
  reuse_ = add_button(QStringLiteral("reuse"), QStringLiteral("Reuse"), tr("Take the seed of the picture shown"));
  lock_->setCheckable(true);
  if (!access_.drawn) lock_->hide();
  setFocusProxy(seed_);
  connect(seed_, &QLineEdit::textEdited, this, [this](const QString& text) {
    set_seed(text.isEmpty() ? std::nullopt : std::optional<int64_t>(text.toLongLong()));
  });
  // 32 bits: what other programs take, too.
  connect(dice_, &QToolButton::clicked, this, [this] { set_seed(QRandomGenerator::global()->generate()); });
  connect(lock_, &QToolButton::clicked, this, [this](bool keep) {
    set_seed(keep ? of_shown().value_or(QRandomGenerator::global()->generate()) : std::optional<int64_t>());
  });
  connect(reuse_, &QToolButton::clicked, this, [this] {
    if (const auto seed = of_shown()) set_seed(seed);
  });
  connect(controller->store(), &SettingsStore::changed, this, &SeedField::refresh);
  connect(controller, &CreateController::picture_changed, this, &SeedField::refresh);
  refresh();
}

std::optional<int64_t> SeedField::of_shown() const {
  const api::ImageInfo* shown = controller_->shown_info();
  return shown ? access_.of_picture(*shown) : std::nullopt;
}

QToolButton* SeedField::add_button(const QString& icon_name, const QString& part, const QString& tip) {
  auto* button = new QToolButton(this);
  button->setIcon(ui::icon(icon_name));
  button->setIconSize({18, 18});
  button->setAutoRaise(true);
  button->setFixedSize(26, 32);
  button->setObjectName(access_.object_name + part);
  button->setToolTip(tip);
  button->setAccessibleName(tip);
  layout()->addWidget(button);
  return button;
}

void SeedField::set_seed(std::optional<int64_t> seed) {
  controller_->store()->change([&](api::ImageSettings& settings) { access_.write(settings, seed); });
}

void SeedField::refresh() {
  const std::optional<int64_t> seed = access_.read(controller_->store()->settings());
  const QString text = seed ? QString::number(*seed) : QString();
  if (seed_->text() != text) seed_->setText(text);
  lock_->setChecked(seed.has_value());
  lock_->setIcon(ui::icon(seed ? QStringLiteral("lock") : QStringLiteral("unlock")));
  reuse_->setEnabled(of_shown().has_value());
}

}  // namespace diptych::create
