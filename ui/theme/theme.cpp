#include "ui/theme/theme.h"

#include <QApplication>
#include <QEvent>
#include <QPixmapCache>

#include "ui/theme/style.h"
#include "ui/theme/system_scheme.h"
#include "ui/theme/typography.h"

namespace diptych::ui {

Theme::Theme(QApplication* application)
    : QObject(application), application_(application), system_(new SystemScheme(this)), palette_(&light_palette()) {
  auto* style = new Style;
  style->set_reduced_motion(system_->reduced_motion());
  application->setStyle(style);
  application->setFont(text_font(TextSize::body));
  application->installEventFilter(this);
  connect(system_, &SystemScheme::changed, this, [this, style] {
    style->set_reduced_motion(system_->reduced_motion());
    apply();
  });
  apply();
}

Theme::~Theme() = default;

void Theme::set_choice(SchemeChoice choice) {
  choice_ = choice;
  apply();
}

bool Theme::reduced_motion() const {
  return system_->reduced_motion();
}

void Theme::apply() {
  const bool dark = choice_ == SchemeChoice::system ? system_->dark() : choice_ == SchemeChoice::dark;
  palette_ = dark ? &dark_palette() : &light_palette();
  applying_ = true;
  application_->setPalette(to_qpalette(*palette_));
  applying_ = false;
  emit changed();
}

bool Theme::eventFilter(QObject* watched, QEvent* event) {
  // Our own setPalette() hides the platform's palette, so only a change that we did not make says something new.
  if (event->type() == QEvent::ApplicationPaletteChange && watched == application_ && !applying_ &&
      QGuiApplication::palette() != to_qpalette(*palette_)) {
    system_->platform_palette_changed();
    if (choice_ == SchemeChoice::system) apply();
  }
  return QObject::eventFilter(watched, event);
}

const Palette& theme_palette() {
  return QGuiApplication::palette().color(QPalette::Window).lightness() < 128 ? dark_palette() : light_palette();
}

}  // namespace diptych::ui
