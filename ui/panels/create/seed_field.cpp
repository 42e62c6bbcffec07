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

SeedField::SeedField(CreateController* controller, QWidget* parent)
    : QWidget(parent), controller_(controller), seed_(new QLineEdit(this)) {
  seed_->setAccessibleName(tr("Seed"));
  seed_->setObjectName(QStringLiteral("seed"));
  seed_->setPlaceholderText(tr("Random"));
  seed_->setFont(ui::monospace(ui::TextSize::body));
  seed_->setToolTip(tr("The same seed and settings make the same picture; empty: another one each time"));
  seed_->setValidator(new QRegularExpressionValidator(QRegularExpression(QStringLiteral("[0-9]{0,18}")), seed_));
  auto* row = new QHBoxLayout(this);
  row->setContentsMargins(0, 0, 0, 0);
  row->setSpacing(0);
  row->addWidget(seed_, 1);
  row->addSpacing(2);
  dice_ = add_button(QStringLiteral("dice"), QStringLiteral("drawSeed"), tr("Draw a seed"));
  lock_ = add_button(QStringLiteral("lock"), QStringLiteral("lockSeed"), tr("Keep the seed"));
  reuse_ = add_button(QStringLiteral("reuse"), QStringLiteral("reuseSeed"), tr("Take the seed of the picture shown"));
  lock_->setCheckable(true);
  setFocusProxy(seed_);
  connect(seed_, &QLineEdit::textEdited, this, [this](const QString& text) {
    controller_->store()->change([&](api::ImageSettings& settings) {
      settings.seed = text.isEmpty() ? std::nullopt : std::optional<int64_t>(text.toLongLong());
    });
  });
  // 32 bits: what other programs take, too.
  connect(dice_, &QToolButton::clicked, this, [this] { set_seed(QRandomGenerator::global()->generate()); });
  connect(lock_, &QToolButton::clicked, this, [this](bool keep) {
    const api::ImageInfo* shown = controller_->shown_info();
    if (keep)
      set_seed(shown ? shown->seed : QRandomGenerator::global()->generate());
    else
      controller_->store()->change([](api::ImageSettings& settings) { settings.seed.reset(); });
  });
  connect(reuse_, &QToolButton::clicked, this, [this] { controller_->reuse_seed(controller_->shown()); });
  connect(controller->store(), &SettingsStore::changed, this, &SeedField::refresh);
  connect(controller, &CreateController::picture_changed, this, &SeedField::refresh);
  refresh();
}

QToolButton* SeedField::add_button(const QString& icon_name, const QString& object_name, const QString& tip) {
  auto* button = new QToolButton(this);
  button->setIcon(ui::icon(icon_name));
  button->setIconSize({18, 18});
  button->setAutoRaise(true);
  button->setFixedSize(26, 32);
  button->setObjectName(object_name);
  button->setToolTip(tip);
  button->setAccessibleName(tip);
  layout()->addWidget(button);
  return button;
}

void SeedField::set_seed(qint64 seed) {
  controller_->store()->change([&](api::ImageSettings& settings) { settings.seed = seed; });
}

void SeedField::refresh() {
  const auto& seed = controller_->store()->settings().seed;
  const QString text = seed ? QString::number(*seed) : QString();
  if (seed_->text() != text) seed_->setText(text);
  lock_->setChecked(seed.has_value());
  lock_->setIcon(ui::icon(seed ? QStringLiteral("lock") : QStringLiteral("unlock")));
  reuse_->setEnabled(controller_->shown_info() != nullptr);
}

}  // namespace diptych::create
