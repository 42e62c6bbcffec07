// The application's look: follows the system, or the user's choice, and changes while everything is on the screen.
#pragma once

#include <QObject>

#include "ui/theme/palette.h"

class QApplication;

namespace diptych::ui {

class SystemScheme;

enum class SchemeChoice { system, light, dark };

// One per QApplication, made right after it. Sets style, palette and font; every widget repaints when it changes.
class Theme : public QObject {
  Q_OBJECT

 public:
  explicit Theme(QApplication* application);
  ~Theme() override;

  SchemeChoice choice() const { return choice_; }
  void set_choice(SchemeChoice choice);
  const Palette& palette() const { return *palette_; }
  bool reduced_motion() const;

 signals:
  void changed();

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  void apply();  // widgets learn of it in their next changeEvent()

  QApplication* application_;
  SystemScheme* system_;
  SchemeChoice choice_ = SchemeChoice::system;
  const Palette* palette_;
  bool applying_ = false;
};

// The palette that the application shows now, for whoever paints; light or dark is read from
// QGuiApplication::palette().
const Palette& theme_palette();

}  // namespace diptych::ui
